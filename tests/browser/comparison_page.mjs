// The comparison page: verdicts of radiologists are imported and compared with the networks.
import { check } from '../peers/peers.mjs';

const shown = (locator) => locator.waitFor({ state: 'visible' });

const importFile = async (page, text) => {
  const buffer = Buffer.from(text);
  await page.getByLabel('File').setInputFiles({ name: 'v.csv', mimeType: 'text/csv', buffer });
  await page.getByRole('button', { name: 'Import', exact: true }).click();
};

/** Imports a verdict that contradicts the networks; a file with an error changes nothing. */
export async function checkComparison(page, look, study) {
  await page.goto('/#/comparison');
  await shown(page.getByRole('heading', { name: 'Import verdicts' }));
  await shown(page.getByText('may be empty if agrees or comment is not'));
  const row = `${study.study_uid},normal,Dr. Ito,2026-11-28\n`;
  await importFile(page, `study_uid,verdict,reader,date\n${row}1.2.3,normal,Dr. Ito,2026-11-28\n`);
  await shown(page.getByText(/:3:/)); // the line
  await importFile(page, `study_uid,verdict,reader,date\n${row}`);
  await shown(page.getByText('1 row read, 1 added.'));
  await page.getByLabel('Reader', { exact: true }).selectOption('Dr. Ito');
  const { table, disagreements } = await (
    await page.request.get('/api/comparison?reader=Dr.%20Ito')
  ).json();
  check(table.false_positives === 1 && disagreements.length === 1, 'the verdict is not compared');
  await shown(page.getByRole('heading', { name: '1 disagreement' }));
  await look(page, 'comparison');
  await page.getByRole('link', { name: study.patient_id }).click();
  await shown(page.getByRole('heading', { name: `Patient ${study.patient_id}` }));
}
