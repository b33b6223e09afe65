// Addresses of the pages: "#/studies/1.2.3" is ["studies", "1.2.3"].
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

export function useRoute(): string[] {
  const [route, setRoute] = useState(parts);
  useEffect(() => {
    const change = (): void => {
      const now = parts();
      setRoute((before) => (address(...before) === address(...now) ? before : now));
    };
    addEventListener('hashchange', change);
    change(); // the address may have changed since the first paint
    return () => removeEventListener('hashchange', change);
  }, []);
  return route;
}

export const address = (...names: string[]): string =>
  `#/${names.map(encodeURIComponent).join('/')}`;
