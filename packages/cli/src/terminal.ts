import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { InterruptedError } from './errors.ts'

export interface Streams {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

export type Style = Parameters<typeof styleText>[0]

/** Data goes to standard output, everything else to standard error; progress only where a person looks on. */
export class Terminal {
  readonly streams: Streams
  /** Data is JSON and nothing moves. */
  readonly json: boolean
  private readonly stop: AbortSignal | undefined
  private progressShown = false

  /** @param stop ends a question that waits for its answer. */
  constructor(streams: Streams, json: boolean, stop?: AbortSignal) {
    this.streams = streams
    this.json = json
    this.stop = stop
  }

  /** One or more lines of data. */
  data(text: string): void {
    this.clearProgress()
    this.streams.stdout.write(`${text}\n`)
  }

  /** One line of JSON. Octets are in base64. */
  jsonData(value: unknown): void {
    this.data(JSON.stringify(value, jsonValue))
  }

  /** What the user should know besides the data. */
  note(text: string): void {
    this.clearProgress()
    this.streams.stderr.write(`${text}\n`)
  }

  /** Shows a line that the next one replaces. */
  progress(text: string): void {
    if (!this.moves) return
    this.streams.stderr.write(`\r\x1b[K${text.slice(0, this.width - 1)}`)
    this.progressShown = true
  }

  clearProgress(): void {
    if (!this.progressShown) return
    this.streams.stderr.write('\r\x1b[K')
    this.progressShown = false
  }

  /** Whether a picture on standard error may move: a person looks on. */
  get moves(): boolean {
    return !this.json && this.streams.stderr.isTTY
  }

  /** Columns of standard error, where it is a terminal. */
  get width(): number {
    return Math.max(20, this.streams.stderr.columns)
  }

  /** Styles text for standard error where that is a terminal and NO_COLOR is not set. */
  styledNote(style: Style, text: string): string {
    return styleText(style, text, { stream: this.streams.stderr })
  }

  /** Styles text for standard output where that is a terminal and NO_COLOR is not set. */
  styled(style: Style, text: string): string {
    return styleText(style, text, { stream: this.streams.stdout })
  }

  /** Whether a person can be asked. */
  get interactive(): boolean {
    return this.streams.stdin.isTTY && this.streams.stderr.isTTY
  }

  /** Asks and shows what is typed. @throws InterruptedError on Ctrl-C and at the end of input. */
  async ask(question: string): Promise<string> {
    this.clearProgress()
    return readAnswer(this.streams, question, this.streams.stderr, this.stop)
  }

  /** Asks and shows nothing of what is typed. @throws InterruptedError on Ctrl-C and at the end of input. */
  async askSecret(question: string): Promise<string> {
    this.clearProgress()
    this.streams.stderr.write(question)
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
    try {
      return await readAnswer(this.streams, '', silent, this.stop)
    } finally {
      this.streams.stderr.write('\n')
    }
  }

  /** Waits until all that was written has left the process. */
  async flush(): Promise<void> {
    this.clearProgress()
    await Promise.all([flushed(this.streams.stdout), flushed(this.streams.stderr)])
  }
}

async function readAnswer(
  streams: Streams,
  question: string,
  output: NodeJS.WritableStream,
  stop: AbortSignal | undefined,
): Promise<string> {
  const reader = createInterface({ input: streams.stdin, output, terminal: true, historySize: 0 })
  const close = (): void => reader.close()
  stop?.addEventListener('abort', close)
  try {
    return await new Promise<string>((resolve, reject) => {
      // Ctrl-C, Ctrl-D on an empty line, the end of input, and the signal above.
      reader.once('close', () => reject(new InterruptedError()))
      reader.question(question, resolve)
    })
  } finally {
    stop?.removeEventListener('abort', close)
    reader.close()
  }
}

async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>(resolve => {
    stream.write('', () => resolve())
  })
}

/** Octets are in base64. */
export function jsonValue(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}
