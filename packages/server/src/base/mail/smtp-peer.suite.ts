import { createServer, type Socket } from 'node:net';

/** A small SMTP server on loopback (RFC 5321): remembers every command and every message, and answers as it is told. */
export interface SmtpPeer {
  readonly port: number;
  readonly commands: string[];
  readonly messages: string[];
  close(): Promise<void>;
}

/** `answers` by first word of the command (`RCPT`, `DATA`, `END` after the message); `EHLO` may hold further lines. */
export async function smtpPeer(answers: Readonly<Record<string, string>> = {}): Promise<SmtpPeer> {
  const commands: string[] = [];
  const messages: string[] = [];
  const open = new Set<Socket>();
  const usual: Record<string, string> = {
    EHLO: '250-here\r\n250 AUTH PLAIN',
    AUTH: '235 ok',
    STARTTLS: '502 not here',
    DATA: '354 go on',
    END: '250 taken',
    QUIT: '221 bye',
    ...answers,
  };
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    let rest = '';
    let message: string[] | undefined;
    const line = (text: string): string | undefined => {
      if (message === undefined) {
        commands.push(text);
        const word = text.split(' ', 1).join('').toUpperCase();
        const answer = usual[word] ?? '250 ok';
        if (word === 'DATA' && answer.startsWith('354')) message = [];
        return answer;
      }
      if (text !== '.') return void message.push(text);
      messages.push(message.join('\r\n'));
      message = undefined;
      return usual['END'];
    };
    socket.write('220 here\r\n');
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\r\n');
      rest = lines.pop() ?? '';
      for (const answer of lines.map(line)) if (answer !== undefined) socket.write(`${answer}\r\n`);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return {
    port: address.port,
    commands,
    messages,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of open) socket.destroy();
      }),
  };
}
