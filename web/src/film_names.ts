// What the films of a study are called on its page.
import type { Film } from './api_types';
import { texts } from './texts';

const t = texts.study;

/** "AP", "Lateral" by the view; "Lateral 2" if a view occurs more than once; else "Film 3". */
export function filmNames(films: Film[]): string[] {
  const views = films.map((f) => f.result?.view ?? null);
  return views.map((view, i) => {
    if (view === null) return t.film(i + 1);
    const same = views.filter((v) => v === view).length;
    const nth = views.slice(0, i + 1).filter((v) => v === view).length;
    return same > 1 ? `${t.views[view]} ${nth}` : t.views[view];
  });
}
