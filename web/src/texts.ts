// All texts of the pages, so that they can be translated.
import { adjudicationTexts, managerTexts } from './reading/manager_texts';
import { readingTexts } from './reading/reading_texts';

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

export const texts = {
  product: 'spinexr',
  reading: readingTexts,
  manager: managerTexts,
  adjudication: adjudicationTexts,
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
    other: (other: string) => `${other} is signed in in this browser`,
    otherText: (login: string) =>
      `This page belongs to ${login}, who is not signed in any more. Changes that are not saved ` +
      `yet are sent when ${login} has signed in again, and under no other name.`,
    goOnAs: (other: string) => `Go on as ${other}`,
    unkept: (n: number) =>
      `${count(n, 'change is', 'changes are')} on this page alone. Do not close it: ` +
      `${n === 1 ? 'it is' : 'they are'} saved when you have signed in.`,
  },

  leaving: {
    title: 'Leave this page?',
    signOutTitle: 'Sign out?',
    unkept: (n: number) =>
      `${count(n, 'change is', 'changes are')} on this page alone and ` +
      `${n === 1 ? 'has' : 'have'} not reached the service. ` +
      `${n === 1 ? 'It is' : 'They are'} lost if you go on.`,
    kept: (n: number) =>
      `${count(n, 'change is', 'changes are')} only on this computer. When you have signed in ` +
      `here again, ${n === 1 ? 'it is' : 'they are'} sent, or you are asked about ` +
      `${n === 1 ? 'it' : 'them'} when you open the study.`,
    stay: 'Stay',
    lose: (n: number) => `Go on and lose ${n === 1 ? 'it' : 'them'}`,
    signOut: 'Sign out',
  },

  signingOut: {
    busy: 'Signing out…',
    title: 'Not signed out',
    away: 'You are not signed out: the service cannot be reached.',
    failed: (why: string) => `You are not signed out: ${why}`,
    danger: 'Whoever uses this browser next goes on under your name. Do not leave this computer ' +
      'before you are signed out.',
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
    search: 'Patient, accession or study',
    state: 'State',
    allStates: 'All states',
    problems: 'With problems',
    patient: 'Patient',
    date: 'Study date',
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
    noWeights: 'This service has no weights',
    noWeightsText:
      'Only the reading room runs: no film is received or predicted. ' +
      'Start it with weights to receive studies and to predict their films.',
    noWeightsCommand: 'spinexr serve --weights WEIGHTS --data FOLDER',
    noPatient: '(no ID)',
    notScored: (n: number) => `${count(n, 'film', 'films')} without a result`,
    deadJobs: (n: number) => `${count(n, 'dead job', 'dead jobs')}`,
    delivered: (n: number, all: number) => `${n} of ${all}`,
    caption: 'All studies, in pages. Select the title of a column to sort by it.',
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
    notAbnormal: 'Below threshold',
    none: 'No verdict',
    pending: 'Not predicted yet',
  },

  study: {
    demonstration: 'Demonstration weights: not for clinical use',
    back: 'Worklist',
    title: (patient: string) => `Patient ${patient}`,
    uid: 'Study Instance UID',
    version: (n: number) => (n === 0 ? 'No result yet' : `Version ${n}`),
    received: (time: string) => `received ${time}`,
    accession: (number: string) => `Accession ${number}`,
    films: 'Films',
    inFilm: 'Film',
    film: (n: number) => `Film ${n}`,
    views: {
      AP: 'AP',
      PA: 'PA',
      frontal: 'Frontal',
      lateral: 'Lateral',
      oblique: 'Oblique',
    },
    findings: 'Findings',
    noFindings: 'No finding above threshold. This is not a normal report.',
    finding: 'Finding',
    score: 'Score',
    point: 'Point',
    pointTitle: 'The highest operating point that the score reaches',
    despite: 'on a film below the threshold',
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
    deliveries: 'Results and deliveries',
    noDeliveries: 'No destination gets this result.',
    destination: 'Destination',
    objects: 'Arrived',
    oneReport:
      'What a destination is to get counts. If it refuses the structured report, it gets the one ' +
      'for older archives in its place: both count once.',
    objectKinds: {
      sr3d: 'structured report',
      sr: 'structured report for older archives',
      gsps: 'presentation state',
      capture: 'picture',
      withdrawal: 'rejection note',
    },
    retryDeliveries: 'Retry deliveries',
    configuration: 'settings',
    work: 'Open work',
    attempts: (n: number) => count(n, 'attempt', 'attempts'),
    nextAttempt: (time: string) => `next ${time}`,
    events: 'Events',
    weights: 'weights',
    warnings: 'Warnings',
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
    damaged: (why: string) => `The stored result is damaged: ${why}`,
  },

  jobs: {
    title: 'Jobs',
    empty: 'No job is in this state.',
    older: 'Older jobs',
    actions: 'Actions',
    filters: {
      dead: 'Dead',
      open: 'Not done',
      ready: 'Ready',
      leased: 'In progress',
      waiting: 'Waiting for the next attempt',
      done: 'Done',
      dropped: 'Dropped',
    },
    id: 'Job',
    kind: 'Work',
    subject: 'Film or study',
    destination: 'Destination',
    state: 'State',
    attempts: 'Attempts',
    next: 'Next attempt',
    error: 'Last error',
    retry: 'Retry',
    drop: 'Drop',
    dropTitle: 'Drop this job?',
    dropText: 'The work is given up. A dropped job is not tried again by itself.',
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

  accounts: {
    title: 'Accounts',
    add: 'Add an account',
    login: 'Login',
    loginHint: '1 to 64 of the characters a-z 0-9 . _ - @',
    name: 'Name',
    role: 'Role',
    roleHints: {
      admin: 'Worklist, jobs, accounts, programs and the audit log',
      manager: 'Annotation projects',
      physician: 'Worklist; agrees or disagrees with results',
      adjudicator: 'Decides in the reading room where readers differ',
      reader: 'Marks films in the reading room',
    },
    state: 'State',
    active: 'active',
    disabled: 'disabled',
    signIn: 'Signs in',
    withPassword: 'with a password',
    byProxy: 'by a proxy only',
    proxyOnly: 'Signs in by a proxy only, without a password',
    made: 'Added',
    you: 'you',
    change: 'Change',
    disable: 'Disable',
    enable: 'Enable',
    save: 'Save',
    passwordHint: '12 to 256 characters. Ask the person to change it.',
    passwordOf: (login: string) => `Password of ${login}`,
    passwordChangeHint: '12 to 256 characters. Sessions of this person end.',
  },

  tokens: {
    title: 'Programs',
    about: 'Programs call DICOMweb with a token, or with a client certificate.',
    add: 'Add a token',
    name: 'Name',
    nameHint: 'Name of the program. A name cannot be used twice.',
    kind: 'Credential',
    kinds: { bearer: 'token', certificate: 'certificate' },
    made: 'Added',
    used: 'Last used',
    never: 'never',
    state: 'State',
    valid: 'valid',
    revoked: (time: string) => `revoked ${time}`,
    revoke: 'Revoke',
    revokeTitle: (name: string) => `Revoke ${name}?`,
    revokeText: 'The program can no longer call this service. This cannot be undone.',
    once: 'Copy this token now. It is not shown again.',
    copy: 'Copy',
    empty: 'No program may call this service yet.',
  },

  comparison: {
    title: 'Comparison',
    about:
      'Verdicts of the networks against those of radiologists, who decide what is true. Each ' +
      'reader counts once for a study, with the newest opinion; several decide by majority.',
    reader: 'Reader',
    majority: 'Majority of all readers',
    readerOption: (reader: string, n: number) => `${reader} (${count(n, 'study', 'studies')})`,
    downloadComparison: 'Results and opinions (CSV)',
    downloadVerdicts: 'Verdicts (CSV)',
    empty: 'No study has a verdict of the networks and one of a radiologist yet.',
    measures: 'Measures',
    measure: 'Measure',
    value: 'Value',
    interval: (percent: number) => `${percent} % interval`,
    studies: 'Studies',
    sensitivity: 'Sensitivity',
    specificity: 'Specificity',
    ppv: 'Positive predictive value',
    npv: 'Negative predictive value',
    agreement: 'Agreement',
    kappa: 'Cohen’s kappa',
    table: 'Verdicts of studies',
    readersAbnormal: 'Readers: abnormal',
    readersNormal: 'Readers: normal',
    modelAbnormal: 'Networks: abnormal',
    modelNormal: 'Networks: not abnormal',
    counts: 'What was compared',
    compared: 'Studies with both verdicts',
    withoutReaders: 'Studies without a verdict of readers',
    withoutModel: 'Studies without a verdict of the networks',
    undecided: 'Studies of which readers are unsure or equally divided',
    filmsWithout: (all: number) => `Films without a verdict, of ${all}`,
    disagreements: (n: number) => count(n, 'disagreement', 'disagreements'),
    accession: 'Accession',
    model: 'Networks',
    modelWords: { abnormal: 'abnormal', normal: 'not abnormal' },
    readers: 'Radiologists',
    readerCount: 'Readers',
    comment: 'Comment',
  },

  verdictImport: {
    title: 'Import verdicts',
    about:
      'A CSV file with these columns, in any order. All rows are imported, or none; the error ' +
      'names line and column. Importing a file twice changes nothing.',
    columns: [
      ['study_uid', 'Study Instance UID; may be empty if there is an accession number'],
      ['accession', 'accession number; may be empty if there is a UID'],
      ['verdict', 'abnormal, normal or unsure; may be empty if agrees or comment is not'],
      ['reader', 'who said so'],
      ['date', '2026-11-28 or 2026-11-28T09:30:00Z'],
      ['comment', 'may be absent'],
      ['agrees', 'with the result of the program: yes, no or empty; may be absent'],
      ['revision', 'the version of that result; may be absent'],
    ],
    file: 'File',
    tooLarge: 'The file is larger than 1 MiB.',
    send: 'Import',
    done: (rows: number, added: number) => `${count(rows, 'row', 'rows')} read, ${added} added.`,
  },

  audit: {
    title: 'Audit log',
    at: 'Time',
    who: 'Who',
    address: 'Address',
    action: 'Action',
    object: 'Object',
    detail: 'Detail',
    more: 'Older entries',
  },
} as const;

interface HelpSection {
  title: string;
  /** Absent: everyone. */
  roles?: string[];
  text?: string;
  keys?: [string, string][];
  /** The keys of the reading room, which may be changed. */
  reading?: boolean;
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
    title: readingTexts.helpTitle,
    roles: ['adjudicator', 'reader'],
    reading: true,
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
