// Texts of the pages for the manager of a project; part of the table in ../texts.ts.

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

export const managerTexts = {
  nav: 'Projects',
  title: 'Projects',
  none: 'There is no project yet.',
  noneText: 'Begin one on the computer of the service, and import its films:',
  noneCommand: 'spinexr reading init spine-1 --readers 2\nspinexr reading import spine-1 FOLDER',
  project: 'Project',
  studies: 'Studies',
  films: 'Films',
  held: 'Held films',
  tasks: 'Tasks',
  done: 'Complete',
  questions: 'Open questions',
  made: 'Begun',
  back: 'Projects',

  size: (studies: number, films: number) =>
    `${count(studies, 'study', 'studies')}, ${count(films, 'film', 'films')}`,
  heldCount: (n: number) => `${count(n, 'film', 'films')} held`,
  readersPerStudy: (n: number) => `${count(n, 'reader', 'readers')} of each study`,
  modes: {
    none: 'no boxes of the networks',
    after: 'boxes of the networks after the reader\'s own',
    before: 'boxes of the networks at once',
  },
  withConfidence: 'with a confidence for each study',

  film: 'Film',
  heldTitle: 'A held film',
  heldText: 'Release it if it shows no name, date or number of a person. Look at all corners.',
  heldWhy: 'Why it is held',
  heldLook: 'Look',
  heldReason: 'Reason for leaving it out',
  heldRelease: 'Release to readers',
  heldReject: 'Leave out',
  heldRejected: (why: string) => `Left out: ${why}`,

  progress: 'Progress',
  noTasks: 'No study has been assigned yet.',
  reader: 'Reader',
  round: 'Round',
  kind: 'Kind',
  states: { new: 'New', open: 'Begun', returned: 'Returned', locked: 'Locked' },
  boxes: 'Boxes',
  perFilm: 'Time per film',
  seconds: (s: number) => `${s.toFixed(0)} s`,

  assign: 'Assign studies',
  assignText: 'The studies are shared out evenly. Who reads what follows from the seed of the ' +
    'project. Tasks that exist stay.',
  readers: 'Logins of the readers, with blanks between',
  assigned: (n: number) => `${count(n, 'new task', 'new tasks')}.`,
  assignedAll: (n: number, control: number, repeats: number) =>
    [
      count(n, 'new task', 'new tasks'),
      ...(control ? [`${control} without boxes of the networks`] : []),
      ...(repeats ? [count(repeats, 'second reading', 'second readings')] : []),
    ].join(', ') + '.',
  assignMore: 'More',
  asProject: 'as the project says',
  perStudy: 'Readers of each study',
  rereading: 'Studies that a reader reads twice, per cent',
  control: 'Studies without boxes of the networks, as a control, per cent',
  assignSubmit: 'Assign',

  lock: 'Lock a round',
  lockText: 'Readers of a locked round can change nothing any more.',
  lockSubmit: 'Lock',
  locked: (n: number) => `${count(n, 'task', 'tasks')} locked.`,
  adjudicators: 'Logins of the adjudicators, with blanks between',
  adjudicate: 'Adjudicate',
  adjudicateText: 'Each study that two have read goes to an adjudicator who has not read it. The ' +
    'round must be locked.',

  agreement: 'Agreement in round 1',
  noAgreement: 'No film has been read by two readers yet.',
  fleiss: (kappa: string, films: number) =>
    `Fleiss' kappa of the verdicts: ${kappa} (${count(films, 'film', 'films')})`,
  pair: 'Readers',
  kappa: 'Kappa',
  f1: 'F1 of boxes',
  iou: 'Mean IoU',
  matched: 'Matched boxes',

  openQuestions: 'Open questions',
  noQuestions: 'No question is open.',
  study: 'Study',

  taskList: 'Studies of the readers',
  noneOfState: 'There is no such study.',
  prelabelMode: 'Networks',
  prelabels: { none: '', after: 'after', before: 'before' },
  earlier: 'Earlier',
  later: 'Later',
  returnTask: 'Return',
  returnTitle: 'Return this study to its reader',
  returnReason: 'What is to be looked at again?',

  exports: 'Versions',
  noExports: 'No version has been made yet.',
  exportTag: 'Name of the version',
  exportSubmit: 'Make a version',
  exportOf: 'Of which readings',
  exportKinds: {
    all: 'All readers',
    round: 'One round',
    reader: 'One reader (login)',
    adjudicated: 'Adjudicated',
  },
  exportCounts: (films: number, boxes: number) =>
    `${count(films, 'film', 'films')}, ${count(boxes, 'box', 'boxes')}`,
  annotations: 'annotations.csv',
  full: 'reading.json',
};

export const adjudicationTexts = {
  title: 'Boxes of the readers',
  none: 'The readers have no box on this film.',
  verdicts: 'Verdicts',
  cluster: (n: number, of: number) => `${n} of ${count(of, 'reader', 'readers')}`,
  differ: 'findings differ',
  overlap: (iou: string) => `IoU ${iou}`,
  merge: 'Take the median',
  take: (reader: string) => `Take ${reader}`,
  reject: 'Reject',
  decided: {
    take: 'taken',
    merge: 'median taken',
    draw: 'drawn',
    reject: 'rejected',
  },
  reason: 'Why is it rejected?',
  rejectTitle: 'Reject this finding',
  drawTitle: 'A box of your own',
  drawText: 'No reader has the chosen box. Say why you drew it.',
  drawReason: 'Why was it drawn?',
  record: 'Record',
};
