// All texts of the pages, so that they can be translated.

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

export const texts = {
  product: 'spinexr',
  research: 'For research only, not a diagnosis',
  loading: 'Loading…',
  close: 'Close',
  cancel: 'Cancel',
  retryLoad: 'Try again',
  none: '–',

  errors: {
    network: 'The service cannot be reached.',
    refresh: (why: string) => `Not up to date: ${why}`,
    notFound: 'There is no such page.',
    wait: (seconds: number) => `Try again in ${count(seconds, 'second', 'seconds')}.`,
  },

  nav: {
    label: 'Pages',
    worklist: 'Worklist',
    jobs: 'Jobs',
    comparison: 'Comparison',
    accounts: 'Accounts',
    tokens: 'Programs',
    audit: 'Audit log',
    password: 'Password',
    signOut: 'Sign out',
    help: 'Help',
    nothing: 'No page of this service is open to your role yet.',
    skip: 'Skip to the content',
  },

  roles: {
    admin: 'Administrator',
    manager: 'Manager',
    physician: 'Physician',
    adjudicator: 'Adjudicator',
    reader: 'Reader',
  },

  signIn: {
    title: 'Sign in',
    login: 'Login',
    password: 'Password',
    submit: 'Sign in',
    busy: 'Signing in…',
    ended: 'Your session has ended',
    endedText: 'Sign in again to continue. The page stays as it is.',
  },

  password: {
    title: 'Password',
    old: 'Current password',
    fresh: 'New password',
    again: 'New password again',
    rule: '12 to 256 characters. Your other sessions end when it changes.',
    differ: 'The two new passwords differ.',
    submit: 'Change password',
    done: 'The password has been changed.',
  },

  worklist: {
    title: 'Worklist',
    search: 'Patient or study',
    state: 'State',
    allStates: 'All states',
    problems: 'With problems',
    patient: 'Patient',
    received: 'Received',
    probability: 'P(abnormal)',
    result: 'Result',
    findings: 'Findings',
    films: 'Films',
    deliveries: 'Delivered',
    opinions: 'Opinions',
    problem: 'Problems',
    shown: (from: number, to: number, all: number) => `${from}–${to} of ${all}`,
    previous: 'Previous page',
    next: 'Next page',
    older: 'Older studies',
    newest: 'Newest studies',
    fresh: (n: number) => `Show ${count(n, 'new study', 'new studies')}`,
    updated: (time: string) => `Updated ${time}`,
    noMatch: 'No study matches.',
    empty: 'No film has been received yet',
    emptyText:
      'Send a study to the DICOM port of this service, or put films into its watched folder. ' +
      'A study appears here when its first film has arrived.',
    emptyCommand:
      'echoscu -aec SPINEXR 127.0.0.1 11112\nstorescu -aec SPINEXR 127.0.0.1 11112 film.dcm',
    emptyNote: 'AE title and port as in the settings (dicom.ae_title, dicom.port).',
    noPatient: '(no ID)',
    notScored: (n: number) => `${count(n, 'film', 'films')} without a result`,
    deadJobs: (n: number) => `${count(n, 'dead job', 'dead jobs')}`,
    noDelivery: 'nothing sent',
    delivered: (n: number, all: number) => `${n} of ${all}`,
    caption: 'Studies, newest first. Select a column to sort by it.',
  },

  states: {
    open: 'in progress',
    built: 'complete',
    dead: 'stopped',
  },

  filmStates: {
    new: 'waiting for its prediction',
    scored: 'predicted',
    unfamiliar: 'unfamiliar: no verdict',
    refused: 'refused',
    failed: 'failed',
    deleted: 'deleted',
  },

  verdicts: {
    abnormal: 'Abnormal',
    notAbnormal: 'No finding above threshold',
    none: 'No verdict',
    pending: 'Not predicted yet',
  },

  study: {
    back: 'Worklist',
    title: (patient: string) => `Patient ${patient}`,
    uid: 'Study Instance UID',
    version: (n: number) => (n === 0 ? 'No result yet' : `Version ${n}`),
    films: 'Films',
    film: (n: number) => `Film ${n}`,
    findings: 'Findings',
    noFindings: 'No finding above threshold. This is not a normal report.',
    finding: 'Finding',
    score: 'Score',
    point: 'Operating point',
    despite: 'on a film that is called normal',
    points: { specific: 'specific', sensitive: 'sensitive' },
    dashed: 'Dashed boxes reach the sensitive operating point only.',
    opinion: 'Your opinion',
    agree: 'Agree',
    disagree: 'Disagree',
    verdict: 'Your verdict',
    verdictNone: 'not stated',
    verdictWords: { abnormal: 'abnormal', normal: 'normal', unsure: 'unsure' },
    comment: 'Comment',
    commentHint: 'What was missed, or is wrong',
    save: 'Save opinion',
    saved: 'Saved.',
    say: 'Say whether you agree, give a verdict, or write a comment.',
    history: 'Opinions so far',
    noHistory: 'Nobody has given an opinion yet.',
    agrees: 'agrees',
    disagrees: 'disagrees',
    onVersion: (n: number) => (n === 0 ? 'before the first result' : `on version ${n}`),
    deliveries: 'Deliveries',
    noDeliveries: 'Nothing has been sent.',
    destination: 'Destination',
    objects: 'Objects',
    deliveryStates: {
      waiting: 'waiting',
      sent: 'sent',
      committed: 'confirmed',
      failed: 'failed',
    },
    work: 'Open work',
    attempts: (n: number) => count(n, 'attempt', 'attempts'),
    nextAttempt: (time: string) => `next ${time}`,
    events: 'Events',
    versions: 'Versions',
    weights: 'Weights',
    warnings: 'Warnings',
    source: (name: string) => `from ${name}`,
    demonstration: 'Demonstration weights: not for clinical use',
    unfamiliar: 'This film is unlike those that the networks know. There is no verdict.',
  },

  viewer: {
    noPicture: 'There is no picture of this film.',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    fit: 'Fit',
    boxes: 'Boxes',
    invert: 'Invert',
    label: (name: string) => `${name}: drag to move, wheel to zoom, arrow keys to move`,
    drawn: 'Picture with the boxes drawn',
  },

  jobs: {
    title: 'Jobs',
    empty: 'Everything is done.',
    emptyState: 'There is no such job.',
    id: 'Job',
    kind: 'Work',
    subject: 'Of',
    destination: 'Destination',
    state: 'State',
    attempts: 'Attempts',
    next: 'Next attempt',
    error: 'Last error',
    retry: 'Retry',
    drop: 'Drop',
    retryStudy: 'Retry deliveries',
    dropTitle: 'Drop this job?',
    dropText: 'The work is given up. A dropped job is not tried again by itself.',
    retried: 'The job is ready again.',
    kinds: { predict: 'predict', build: 'build result', send: 'send', confirm: 'confirm' },
    states: {
      ready: 'ready',
      leased: 'in progress',
      waiting: 'waiting',
      done: 'done',
      dead: 'dead',
      dropped: 'dropped',
    },
  },
} as const;

interface HelpSection {
  title: string;
  /** Absent: everyone. */
  roles?: string[];
  text?: string;
  keys?: [string, string][];
}

const node = ['admin', 'physician'];

export const help: HelpSection[] = [
  {
    title: 'Everywhere',
    keys: [
      ['?', 'this help'],
      ['Tab, Enter', 'go to the next element, use it'],
      ['Esc', 'close a dialog'],
    ],
  },
  {
    title: 'Worklist',
    roles: node,
    text:
      'A study appears when its first film arrives. Its result is complete when no further film ' +
      'has come for the quiet time of the settings.',
    keys: [
      ['/', 'go to the search field'],
      ['j, k', 'next study, previous study'],
      ['Enter', 'open the study'],
    ],
  },
  {
    title: 'Study',
    roles: node,
    text:
      'Solid boxes reach the specific operating point, dashed boxes the sensitive one only. ' +
      'A film without boxes is not a normal film.',
    keys: [
      ['+, -, 0', 'zoom in, zoom out, fit the film'],
      ['arrow keys', 'move the film that has the focus'],
      ['b', 'show or hide the boxes'],
      ['i', 'invert the films'],
      ['a, d', 'agree, disagree'],
      ['u', 'back to the worklist'],
    ],
  },
];
