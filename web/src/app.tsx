// The frame around the pages, and which page is shown.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { Session } from './api_types';
import { Help } from './help';
import { useKeys } from './keys';
import { LeavingDialog, useLeaving } from './leaving';
import { pageOf, pagesFor } from './pages';
import { Notice, Waiting } from './parts';
import { useSendingKept } from './reading/use_kept';
import { address, useRoute } from './router';
import { SignInAgain, SignInPage } from './sign_in';
import { NotSignedOut, type SigningOut, useSigningOut } from './signing_out';
import { texts } from './texts';
import { useSignIn } from './use_sign_in';

interface HeaderProps {
  session: Session;
  signingOut: SigningOut;
  onHelp: () => void;
}

function Header({ session, signingOut, onHelp }: HeaderProps) {
  const route = useRoute();
  const isCurrent = (name: string): boolean =>
    name === (route[0] ?? pagesFor(session.role)[0]?.name ?? '');
  return (
    <header class="top">
      <a class="product" href={address()}>
        <img src="/icon.svg" alt="" width="24" height="24" />
        {texts.product}
      </a>
      <nav aria-label={texts.nav.label}>
        {pagesFor(session.role).map((page) => (
          <a
            key={page.name}
            href={address(...(page.name ? [page.name] : []))}
            aria-current={isCurrent(page.name) ? 'page' : undefined}
          >
            {page.title}
          </a>
        ))}
      </nav>
      <span class="research">{texts.research}</span>
      <div class="person">
        <button type="button" class="quiet" onClick={onHelp} title={`${texts.nav.help} (?)`}>
          <span aria-hidden="true">?</span>
          <span class="hidden">{texts.nav.help}</span>
        </button>
        <a class="name" href={address('password')} title={texts.nav.password}>
          {session.name || session.login}
        </a>
        <button type="button" disabled={signingOut.busy}
          onClick={() => void signingOut.leave()}>
          {signingOut.busy ? texts.signingOut.busy : texts.nav.signOut}
        </button>
      </div>
    </header>
  );
}

function Page({ session }: { session: Session }) {
  const route = useRoute();
  const page = pageOf(route);
  const allowed = page && page.roles.includes(session.role);
  const [first] = pagesFor(session.role);
  if (route.length === 0 && !allowed && first) return <>{first.show([], session)}</>;
  if (route.length === 0 && !allowed)
    return (
      <div class="page">
        <Notice tone="info">{texts.nav.nothing}</Notice>
      </div>
    );
  if (!page || !allowed)
    return (
      <div class="page">
        <Notice tone="warn">{texts.errors.notFound}</Notice>
      </div>
    );
  return <>{page.show(route.slice(1), session)}</>;
}

interface FrameProps {
  session: Session;
  ended: boolean;
  children: ComponentChildren;
}

function Frame({ session, ended, children }: FrameProps) {
  const [help, setHelp] = useState(false);
  const leaving = useLeaving(session.login);
  const signingOut = useSigningOut(leaving);
  useSendingKept(session.login, session.role === 'reader' || session.role === 'adjudicator');
  useKeys({ '?': () => setHelp(true) });
  // why a sign-out failed says nothing more where the session has ended
  useEffect(() => {
    if (ended) signingOut.close();
  }, [ended]);
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>
        {texts.nav.skip}
      </a>
      <Header session={session} signingOut={signingOut} onHelp={() => setHelp(true)} />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      {help && <Help role={session.role} onClose={() => setHelp(false)} />}
      {leaving.question && <LeavingDialog {...leaving.question} />}
      {signingOut.why && <NotSignedOut {...signingOut} />}
    </>
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

export function App() {
  const { session, error, ended, load, signedIn } = useSignIn();
  if (session === undefined) return <Waiting error={error} retry={() => void load()} />;
  if (session === null) return <SignInPage onDone={signedIn} />;
  return (
    <>
      <Frame session={session} ended={ended !== null}>
        <Page session={session} />
      </Frame>
      {ended && <SignInAgain login={session.login} other={ended.other} onDone={signedIn} />}
    </>
  );
}
