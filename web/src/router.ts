// Addresses of the pages: "#/studies/1.2.3" is ["studies", "1.2.3"]. A page that would lose work
// can be asked before it is left; if it stays, the address becomes its own again.
import { useEffect, useState } from 'preact/hooks';

function parts(): string[] {
  const text = location.hash.replace(/^#\/?/, '');
  if (!text) return [];
  return text.split('/').map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}

export const address = (...names: string[]): string =>
  `#/${names.map(encodeURIComponent).join('/')}`;

/** Whether the page that is shown may be left. null: it may, without a question. */
type Guard = () => Promise<boolean> | null;

const listeners = new Set<(route: string[]) => void>();
let guard: Guard = () => null;
let shown: string[] | null = null;
let isAsking = false;
/** Of the entry of the page that is shown, in the history of this window. */
let place = 0;
let lastPlace = 0;

export function guardRoutes(asked: Guard): void {
  guard = asked;
}

/** An entry without a place is new, and follows the last one. */
function placeNow(): number {
  const { state } = history as { state: { place?: number } | null };
  const found = state?.place ?? lastPlace + 1;
  if (state?.place === undefined) history.replaceState({ place: found }, '');
  lastPlace = found;
  return found;
}

function show(route: string[]): void {
  shown = route;
  place = placeNow();
  for (const tell of [...listeners]) tell(route);
}

async function decide(mayLeave: Promise<boolean>): Promise<void> {
  isAsking = true;
  const leaves = await mayLeave;
  isAsking = false;
  if (leaves) show(parts());
  else if (placeNow() !== place) history.go(place - placeNow());
}

function change(): void {
  if (isAsking) return void placeNow();
  const now = parts();
  if (address(...now) === address(...(shown ?? []))) return void (place = placeNow());
  const asked = guard();
  if (asked) void decide(asked);
  else show(now);
}

function start(): string[] {
  if (!shown) {
    shown = parts();
    place = placeNow();
    addEventListener('hashchange', change);
  }
  return shown;
}

export function useRoute(): string[] {
  const [route, setRoute] = useState(start);
  useEffect(() => {
    listeners.add(setRoute);
    // the address may have changed since the first paint, and nobody was told
    change();
    if (shown) setRoute(shown);
    return () => void listeners.delete(setRoute);
  }, []);
  return route;
}
