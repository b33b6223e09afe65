// Help: what the pages show, and the keys.
import type { Session } from './api_types';
import { Dialog } from './parts';
import { useControls } from './reading/controls';
import { readingHelp } from './reading/reading_help';
import { help, texts } from './texts';

function Keys({ rows }: { rows: readonly (readonly [string, string])[] }) {
  return (
    <table>
      <tbody>
        {rows.map(([key, what]) => (
          <tr key={`${key} ${what}`}>
            <th scope="row">
              <kbd>{key}</kbd>
            </th>
            <td>{what}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Help({ role, onClose }: { role: Session['role']; onClose: () => void }) {
  const controls = useControls();
  const sections = help.filter((s) => !s.roles || s.roles.includes(role));
  return (
    <Dialog title={texts.nav.help} onClose={onClose}>
      <div class="help" tabIndex={0}>
        {sections.map((section) => (
          <section key={section.title}>
            <h3>{section.title}</h3>
            {section.text && <p>{section.text}</p>}
            {section.keys && <Keys rows={section.keys} />}
            {section.reading && <Keys rows={readingHelp(controls)} />}
          </section>
        ))}
      </div>
      <div class="buttons">
        <button type="button" class="primary" onClick={onClose}>
          {texts.close}
        </button>
      </div>
    </Dialog>
  );
}
