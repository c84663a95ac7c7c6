/** A program that makes one request whenever it is told to. @throws with what went wrong, for people. */
export interface Client {
  readonly name: string
  request(signal: AbortSignal): Promise<void>
}

/** What a client found that is not the service. */
export function checkBody(text: string, expected: string): void {
  if (text !== expected) throw new Error(`answered ${JSON.stringify(text.slice(0, 60))}`)
}
