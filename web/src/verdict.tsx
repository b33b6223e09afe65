// P(abnormal) and what follows from it.
import { Badge } from './parts';
import { texts } from './texts';

interface VerdictProps {
  probability: number | null;
  abnormal: boolean | null;
  /** The films have not been predicted yet. */
  pending?: boolean;
}

export function Verdict({ probability, abnormal, pending = false }: VerdictProps) {
  const t = texts.verdicts;
  if (abnormal === true) return <Badge tone="warn">{t.abnormal}</Badge>;
  if (abnormal === false) return <Badge tone="plain">{t.notAbnormal}</Badge>;
  return <Badge tone="info">{probability === null && pending ? t.pending : t.none}</Badge>;
}

export function Probability({ value }: { value: number | null }) {
  if (value === null) return <span class="muted probability">{texts.none}</span>;
  return (
    <span class="probability">
      <meter min={0} max={1} value={value} aria-hidden="true" />
      {value.toFixed(2)}
    </span>
  );
}
