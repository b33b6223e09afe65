// Texts of the pages for the manager of a project; part of the table in ../texts.ts.

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

export const managerTexts = {
  nav: 'Projects',
  title: 'Projects',
  none: 'There is no project yet.',
  noneText: 'Begin one here, or on the computer of the service, where films of a folder are ' +
    'imported:',
  noneCommand: 'spinexr reading init spine-1 --readers 2\nspinexr reading import spine-1 FOLDER',
  newOpen: 'New project',
  newTitle: 'A new project',
  newKey: 'Key',
  newKeyHint: 'Lower-case letters, digits and -. It names the project in commands, and stays.',
  newName: 'Name',
  newGuide: 'Guide for readers',
  newGuideHint: 'What to mark and how; plain text.',
  newOrder: 'Order of a reader\'s studies',
  newOrders: { random: 'random, another one for each reader', given: 'as imported' },
  newPrelabels: 'Boxes of the networks',
  newPrelabelsHint: 'Wrong boxes make readers worse. Films of a test split never have any.',
  newConfidence: 'Readers say how sure they are that a study is abnormal',
  newSubmit: 'Begin',

  labels: 'Labels',
  labelOpen: 'New label',
  labelNew: 'A new label',
  labelName: 'Label',
  labelKind: 'Marks',
  labelKinds: { box: 'boxes', film: 'films', study: 'studies' },
  labelKey: 'Key',
  labelAttributes: 'Attributes',
  labelAttributesHint: 'What a box with this label may be, with commas between. They stay.',
  labelMore: (name: string) => `Attributes of ${name}`,
  labelAdd: 'Add',
  labelRetire: 'Retire',
  labelRestore: 'Use again',
  labelRetired: 'retired: not for new marks',

  import: 'Import',
  importText: 'Films of a folder are imported on the computer of the service: spinexr reading ' +
    'import.',
  importFilmsOpen: 'Received studies…',
  importReadingsOpen: 'Annotations…',
  importFilms: 'Studies that the service received',
  importFilmsText: 'The project gets de-identified copies. Films that may contain text are held ' +
    'until you have looked at them.',
  noReceived: 'The service has received no film. A service without weights receives none.',
  studyDate: 'Date',
  received: 'Received',
  newer: 'Newer',
  older: 'Older',
  stop: 'Stop',
  takeStudies: (n: number) => (n ? `Import ${count(n, 'study', 'studies')}` : 'Import'),
  taking: (n: number, of: number) => `${n} of ${count(of, 'study', 'studies')}`,
  importedFilms: (n: { films: number; known: number; held: number; returned: number }) =>
    [
      count(n.films, 'new film', 'new films'),
      ...(n.known ? [`${n.known} known`] : []),
      ...(n.held ? [`${n.held} held`] : []),
      ...(n.returned ? [`${count(n.returned, 'complete task', 'complete tasks')} returned`] : []),
    ].join(', ') + '.',
  notTaken: 'Not taken:',
  importReadings: 'Annotations of a person',
  importReadingsText: 'A CSV or COCO file, as a version has it, becomes readings: a film ' +
    'with boxes is abnormal, one with "No finding" normal. All or nothing is imported.',
  importFile: 'File, at most 32 MB',
  importTooLarge: 'The file has more than 32 MB.',
  importReader: 'Login of the reader',
  importRadId: 'Only the rows with this rad_id',
  importRadIdHint: 'Empty: all rows, as those of one reader.',
  importSubmit: 'Import',
  importedReadings: (n: {
    films: number;
    boxes: number;
    complete: number;
    copies: number;
    unknown: number;
  }) =>
    [
      `${count(n.films, 'film', 'films')} with ${count(n.boxes, 'box', 'boxes')}`,
      `${count(n.complete, 'study is', 'studies are')} complete`,
      ...(n.copies ? [`${count(n.copies, 'copy', 'copies')} of a box left out`] : []),
      ...(n.unknown ? [`${count(n.unknown, 'film is', 'films are')} not in the project`] : []),
    ].join(', ') + '.',

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
  arm: 'Arm',
  armHint: 'Of a reader study: with or without the program.',
  session: 'Session',
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
    reader: 'One reader (login)',
    adjudicated: 'Adjudicated',
  },
  exportRound: 'Round (if there are several)',
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
  change: 'Change',
  unsent: (n: number, why: string) =>
    `${count(n, 'decision is', 'decisions are')} not saved. Leave this page open: it tries again ` +
    `by itself. ${why}`,
  refused: (why: string) => `Not decided: ${why}`,
  boxGone: 'Not decided: another page has deleted the box of this decision. Decide again if that ' +
    'was wrong.',
  decidedElsewhere: 'Not decided: this was decided otherwise meanwhile, on another page. Decide ' +
    'again to change that.',
  notLoaded: (why: string) => `The boxes of the readers cannot be loaded. ${why}`,
  needsDecision: 'Decide on each finding of the readers.',
  needsReason: 'No decision is about this box: give a reason, or delete it.',
  decided: {
    take: 'taken',
    merge: 'median taken',
    draw: 'drawn',
    reject: 'rejected',
  },
  reason: 'Why is it rejected?',
  rejectTitle: 'Reject this finding',
  drawTitle: 'A box of your own',
  drawText: 'The chosen box is that of no decision. Say why you drew it.',
  drawReason: 'Why was it drawn?',
  record: 'Record',
};
