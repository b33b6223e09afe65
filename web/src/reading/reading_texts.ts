// Texts of the reading room; part of the table in ../texts.ts.

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

export const readingTexts = {
  nav: 'Reading',
  film: (n: number) => `Film ${n}`,
  filmLabel: (name: string) => `${name}. Draw with the left button, zoom with the wheel.`,
  study: (n: number, all: number) => `Study ${n} of ${all}`,
  views: {
    frontal: 'Frontal',
    lateral: 'Lateral',
  },
  mirrored: 'mirrored',
  again: 'second reading',
  loadingFilm: 'Loading the film…',
  brokenPixels: 'its pixels did not arrive as they were sent.',
  filmFailed: (why: string) => `The film cannot be shown: ${why}`,
  preview: 'preview',
  noWebgl: 'drawn without a graphics processor',

  worklist: {
    title: 'Reading',
    next: 'Read the next study',
    none: 'There is nothing for you to read.',
    noneText: 'Studies appear here when the manager of a project has assigned them to you.',
    progress: (done: number, all: number) => `${done} of ${all} complete`,
    all: 'All states',
    project: 'Project',
    study: 'Study',
    kind: 'Kind',
    state: 'State',
    films: 'Films',
    questions: 'Open questions',
    finished: 'Completed',
    open: 'Open',
    allDone: 'All studies are complete.',
    returned: (why: string) => `Returned: ${why}`,
    caption: 'Your studies, in the order in which they are to be read',
  },
  states: {
    new: 'new',
    open: 'begun',
    done: 'complete',
    returned: 'returned',
    locked: 'locked',
  },
  kinds: {
    read: 'reading',
    reveal: 'second round',
    adjudicate: 'adjudication',
  },

  findings: 'Findings',
  findingsHint: 'Choose a finding, then draw its box.',
  others: 'Other findings',
  boxes: (n: number) => `${count(n, 'box', 'boxes')} on this film`,
  noBoxes: 'No box on this film.',
  attributes: 'Attributes',
  filmTags: 'This film',
  studyTags: 'This study',
  confidence: 'How sure are you that the study is abnormal?',
  confidenceNone: 'not given',
  remove: 'Delete',

  verdict: 'Verdict of this film',
  verdicts: {
    '': 'no verdict yet',
    normal: 'No finding',
    abnormal: 'Abnormal',
    rejected: 'Rejected',
  },
  reject: 'Reject film…',
  rejectTitle: 'Reject this film',
  rejectText: 'A film that cannot be read is left out of the data set. Its boxes are deleted.',
  rejectReason: 'Reason',
  rejectReasons: [
    'Not a spine',
    'Quality too poor',
    'Wrong projection',
    'Damaged or incomplete',
    'Implant or object hides the spine',
  ],
  rejectSubmit: 'Reject film',

  undo: 'Undo',
  redo: 'Redo',
  undoKey: 'Ctrl+Z',
  redoKey: 'Ctrl+Shift+Z',
  enterKey: 'Enter',
  keyNames: { PageUp: 'Page Up', PageDown: 'Page Down', Delete: 'Delete', Insert: 'Insert' },
  complete: 'Complete, next study',
  completeOnly: 'Complete',
  reopen: 'Read again',
  done: 'This study is complete.',
  locked: 'This study is locked: its round has ended.',
  completing: 'The study is completed as soon as all is saved.',
  back: 'Worklist',

  news: {
    films: (titles: string[]) =>
      `${titles.length === 1 ? 'A film has' : `${titles.length} films have`} come to this study ` +
      `since you opened it: ${titles.join(', ')}.`,
    show: 'Load the study again',
    waits: 'The study is loaded again as soon as all is saved.',
    states: {
      new: 'This study is not complete any more.',
      open: 'This study is not complete any more: it was opened again.',
      returned: 'This study is not complete any more.',
      done: 'This study was completed on another page.',
      locked: 'The round of this study has ended.',
    },
  },

  saved: 'All saved',
  saving: 'Saving…',
  savedOnly: 'All saved. This browser keeps no changes.',
  unsaved: (n: number) => `${n} unsaved`,
  undecided: (n: number, why: string) =>
    `${count(n, 'decision', 'decisions')} unsaved, on this page alone${why && `: ${why}`}.`,
  /** What the colour of the line at the bottom stands for. */
  lineState: {
    good: 'The service has everything',
    busy: 'Changes are being sent to the service',
    warn: 'The service does not have everything yet',
  },
  unreachable: 'the service cannot be reached',
  failing: (answer: string) => `the service cannot save now (${answer})`,
  /** `why`: why they are not saved, if that is known. */
  isKept: (n: number, why: string) => `${n} unsaved${why && `: ${why}`}. Kept on this computer.`,
  notKept: (n: number, why: string) =>
    `${n} unsaved${why && `: ${why}`}${why ? ', and' : ':'} this browser cannot keep ` +
    `${n === 1 ? 'it' : 'them'}. Leave this page open.`,
  /** It is not known yet whether they are kept. */
  isWritten: (n: number, why: string) => `${n} unsaved${why && `: ${why}`}.`,
  kept: {
    row: (n: number) => `${count(n, 'change', 'changes')} only on this computer`,
    open: 'Open the study.',
    waits: (n: number) =>
      `${count(n, 'change is', 'changes are')} only on this computer. ` +
      `${n === 1 ? 'It is' : 'They are'} sent when the service takes ${n === 1 ? 'it' : 'them'}.`,
    asks: (n: number) =>
      `The service did not take ${count(n, 'change', 'changes')} as ` +
      `${n === 1 ? 'it is' : 'they are'}: open the study to see why. ` +
      `${n === 1 ? 'It is' : 'They are'} only on this computer.`,
    lost: (n: number) =>
      `The service does not take ${count(n, 'change', 'changes')} of a study that is not yours ` +
      `any more. ${n === 1 ? 'It is' : 'They are'} only on this computer.`,
    giveUp: (n: number) =>
      `${count(n, 'change', 'changes')} that the service does not have ` +
      `${n === 1 ? 'is' : 'are'} deleted on this computer.`,
  },
  refused: (why: string) => `Not saved: ${why}`,
  tryAgain: 'Try again',
  discard: 'Give up these changes',
  recovered: (n: number) =>
    `${count(n, 'change', 'changes')} of an earlier page ${n === 1 ? 'was' : 'were'} recovered.`,
  conflict: (films: string) => `Two pages disagree on ${films}. Give the verdict again.`,
  conflictShow: (film: string) => `Show ${film}`,
  conflictDismiss: 'Dismiss',
  differs: {
    confidence: (saved: string, here: string) =>
      `Two pages gave different confidences: ${saved} is kept, ${here} is not.`,
    reason: (film: string, saved: string, here: string) =>
      `Two pages rejected ${film} for different reasons: “${saved}” is kept, “${here}” is not.`,
    box: (finding: string, film: string, lost: string) =>
      `Two pages changed the box “${finding}” on ${film} differently. The saved change is kept.` +
      ` Not kept: ${lost}.`,
    label: (finding: string) => `class “${finding}”`,
    corners: 'position',
    attributes: (names: string) => `attributes (${names})`,
  },

  tooSmall: 'That box was too small: nothing was drawn.',
  rejectedFilm: 'This film is rejected. Undo the rejection to draw on it.',
  hasBoxes: 'A film with boxes is not "No finding". Delete its boxes first.',
  equalBox: 'The film has such a box already.',
  noClass: 'Choose a finding first.',
  needsVerdict: (film: string) => `${film} has no verdict.`,
  needsConfidence: 'Say how sure you are that the study is abnormal.',
  notLoaded: (film: string) => `${film} is not fully loaded yet.`,
  nothingToUndo: 'Nothing to undo on this film.',
  nothingToRedo: 'Nothing to redo on this film.',

  prelabels: 'Boxes of the networks',
  prelabelsAfter: 'Compare with the networks',
  prelabelsAfterText: 'Your own boxes are recorded first. You can change them afterwards.',
  prelabelsNone: 'Read without boxes of the networks.',
  prelabelsMissing: 'The project has no boxes of the networks.',
  noWeights: 'This service has no weights: it predicts no films.',
  threshold: 'Score at least',
  accept: 'Accept',
  rejectBox: 'Reject',
  prelabelCount: (shown: number, all: number) => `${shown} of ${all} shown`,

  questions: 'Questions',
  ask: 'Ask a question',
  askHint: 'The reader and the manager see it.',
  send: 'Send',
  resolve: 'Resolved',
  resolved: 'resolved',
  you: 'you',

  tools: {
    label: 'View',
    fit: 'Fit',
    actual: '1:1',
    left: 'Turn left',
    right: 'Turn right',
    mirror: 'Mirror left to right',
    mirrorDown: 'Mirror top to bottom',
    invert: 'Invert',
    magnifier: 'Magnifier',
    sideBySide: 'Two films',
    second: 'Other film in a second window',
    window: 'Window',
    hide: 'Hide boxes',
  },
  presets: {
    film: 'as the film says',
    window: 'window of the film',
    percentiles: '1–99 %',
    bone: 'bone',
    full: 'full range',
    own: 'own',
  },
  windowNumber: (n: number) => `window ${n} of the film`,
  sides: (letters: string) => `Side of the patient: ${letters}`,

  status: {
    window: (center: number, width: number) => `C ${center} W ${width}`,
    zoom: (percent: number) => `${percent} %`,
    place: (x: number, y: number) => `${x}, ${y}`,
    value: (v: string) => `value ${v}`,
    size: (w: string, h: string) => `${w} × ${h} mm`,
    pixels: (w: string, h: string) => `${w} × ${h} px`,
  },

  guide: 'Guide',
  guideTitle: 'Guide of this project',
  keyConflict: (keys: string) => `Two commands have the same key (${keys}). Change one of them.`,

  commands: {
    newBox: 'new box in the middle of the view, without the mouse',
    deleteBox: 'delete the box',
    noFinding: 'no finding on this film',
    reject: 'reject this film',
    previousFilm: 'previous film',
    nextFilm: 'next film',
    sideBySide: 'one film or two',
    fit: 'whole film',
    actual: 'one pixel for one pixel',
    turnRight: 'turn right',
    turnLeft: 'turn left',
    mirrorAcross: 'mirror left to right',
    mirrorDown: 'mirror top to bottom',
    invert: 'invert',
    nextWindow: 'next window',
    magnifier: 'magnifier',
    hide: 'hide the boxes while it is held',
    accept: 'accept the chosen box of the networks',
    rejectBox: 'reject the chosen box of the networks',
    lowerThreshold: 'lower threshold of the networks',
    higherThreshold: 'higher threshold of the networks',
    question: 'ask a question',
    guide: 'guide of this project',
  },
  drags: {
    window: 'window: across for its width, up and down for its brightness',
    pan: 'move the film',
    zoom: 'zoom: up is closer',
  },
  controls: {
    open: 'Keys and mouse',
    title: 'Keys and mouse',
    text: 'Choose a command, then press its new key. Keys go by their place on the keyboard. ' +
      'They are kept in this browser, for your login.',
    right: 'Drag with the right button',
    middle: 'Drag with the middle button',
    press: 'Press a key…',
    fixed: 'This key cannot be given to a command.',
    taken: (key: string, what: string) => `${key} is taken: ${what}.`,
    notKept: 'This browser keeps no settings: they hold until the page is closed.',
    defaults: 'All as delivered',
  },

  helpTitle: 'Reading: keys and mouse',
  buttons: { left: 'Left button', right: 'Right button', middle: 'Middle button', wheel: 'Wheel' },
  help: {
    left: 'draw a box; on a chosen box: move it, or an edge by its handle',
    wheel: 'zoom at the cursor',
    fixed: [
      ['Space', 'held: move the film with the left button'],
      ['1–7, ⇧1–⇧6', 'choose a finding, also for the chosen box'],
      ['Tab, ⇧Tab', 'next box, previous box, and on to the controls beside the film'],
      ['Arrows, ⇧Arrows', 'move the box by 1 pixel of the film, by 10'],
      ['Alt+Arrows', 'move its right or lower edge'],
      ['Esc', 'no box is chosen; from a text field: back to the film'],
      ['Ctrl+Z, Ctrl+⇧Z', 'undo, redo'],
      ['+, −', 'closer, farther'],
      ['Enter', 'complete this study and open the next'],
    ] as [string, string][],
  },
};
