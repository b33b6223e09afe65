// The picture of a film, as an address for <image>.
import { useEffect, useState } from 'preact/hooks';

import { ApiError, getBlob, route } from './api';

export interface Picture {
  /** Empty: it loads, or it is missing. */
  address: string;
  /** "image": the film alone; "picture": with boxes drawn, which older results have. */
  kind: 'image' | 'picture' | '';
  missing: boolean;
}

async function load(film: string): Promise<{ blob: Blob; kind: 'image' | 'picture' } | null> {
  for (const kind of ['image', 'picture'] as const) {
    try {
      return { blob: await getBlob(route`/api/films/${film}/` + kind), kind };
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    }
  }
  return null;
}

/** `wanted`: whether there can be one; it is asked for again when the state of the film changes. */
export function usePicture(film: string, wanted: boolean, state: string): Picture {
  const [picture, setPicture] = useState<Picture>({ address: '', kind: '', missing: !wanted });
  useEffect(() => {
    let url = '';
    let gone = false;
    if (!wanted) return undefined;
    load(film)
      .then((found) => {
        if (gone) return;
        if (found) url = URL.createObjectURL(found.blob);
        setPicture({ address: url, kind: found?.kind ?? '', missing: !found });
      })
      .catch(() => {
        if (!gone) setPicture({ address: '', kind: '', missing: true });
      });
    return () => {
      gone = true;
      if (url) URL.revokeObjectURL(url);
    };
  }, [film, wanted, state]);
  return picture;
}
