// The session belongs to the browser, and all its pages share it: what one page does to it, by a
// sign-in or a sign-out, is told to the others.

/** Who is signed in. null: nobody. */
type Login = string | null;

const channel = new BroadcastChannel('spinexr-session');

export const tellLogin = (login: Login): void => channel.postMessage(login);

/** Returns how to stop listening. */
export function onOtherLogin(heard: (login: Login) => void): () => void {
  const listener = ({ data }: MessageEvent<Login>): void => heard(data);
  channel.addEventListener('message', listener);
  return () => channel.removeEventListener('message', listener);
}
