// A report.json of drawn films, as `spinexr predict` writes it, made from their annotations.
import fs from 'node:fs';
import path from 'node:path';

/** A report that finds every lesion of the phantoms, and one box more on each film. `count` further
 * boxes are no findings; the rule drops them where a film is called normal. The phantoms are in the
 * subfolder `set`. */
export function writePhantomReport(folder, count = 2) {
  const rows = ['train', 'test'].flatMap((split) => fs
    .readFileSync(path.join(folder, 'set', 'annotations', `${split}.csv`), 'utf8')
    .trim().split('\n').map((line) => line.split(',')));
  const heads = rows[0], at = (row, name) => row[heads.indexOf(name)];
  const films = new Map();
  for (const row of rows.filter((r) => r[0] !== heads[0])) {
    const id = at(row, 'image_id'), lesion = at(row, 'lesion_type');
    if (!films.has(id)) {
      const extra = { name: 'Other lesions', score: 0.4, box: [5, 5, 45, 45] };
      const others = Array.from({ length: count }, (_, i) => {
        const [x, y] = [9 + (i * 37) % 80, 9 + (i * 53) % 130];
        return { label: i % 7, score: 0.06 + (0.2 * i) / count, box: [x, y, x + 40, y + 30] };
      });
      films.set(id, { image_id: id, probability: 0.1, findings: [extra], others });
    }
    if (lesion === 'No finding') continue;
    const box = ['xmin', 'ymin', 'xmax', 'ymax'].map((k) => Number(at(row, k)));
    films.get(id).probability = 0.9;
    films.get(id).findings.unshift({ name: lesion, score: 0.8, box });
  }
  const labels = ['Disc space narrowing', 'Foraminal stenosis', 'Osteophytes', 'Other lesions',
    'Spondylolysthesis', 'Surgical implant', 'Vertebral collapse'];
  for (const film of films.values()) {
    film.boxes = film.findings.map(({ name, score, box }) =>
      ({ label: labels.indexOf(name), score, box })).concat(film.others);
    delete film.others;
  }
  fs.writeFileSync(path.join(folder, 'report.json'), JSON.stringify({ schema: 'spinexr-report/1',
    rule: { threshold: 0.25, keep: 0.3 }, labels, studies: [{ films: [...films.values()] }],
    failed: [] }));
}
