import { MAX_RECORD_LENGTH, type ZoneId, compareRecords, decodeRecord } from '@signpost/core'
import { InvalidConfigError } from '@signpost/dns'
import { type Clock, deadlineSignal } from '../clock.ts'
import type { Logger } from '../logger.ts'
import { Turns } from '../turns.ts'
import { RECORD_TYPE, isRecordType, recordPath } from './delegated-api.ts'
import type { RoutingAnswer } from './routing.ts'

/** Milliseconds that an endpoint has to answer a question; it may have to ask a slow network first. */
export const ENDPOINT_TIMEOUT = 10_000

/** Requests that one endpoint has at a time. */
export const ENDPOINT_REQUESTS = 16

/** Milliseconds for which an endpoint is asked nothing after it said that it is asked too much. */
const PAUSE = { least: 1_000, unlessItSays: 30_000, most: 300_000 }

export interface EndpointContext {
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Reads the base URL of an endpoint, such as `http://192.0.2.1:8080`.
 * @param option the option that it came from, for the error.
 * @throws InvalidConfigError
 */
export function parseEndpoint(text: string, option: string): string {
  const url = URL.parse(text)
  const refuse = (why: string): InvalidConfigError =>
    new InvalidConfigError(option, `${JSON.stringify(text)} ${why}, as in http://192.0.2.1:8080`)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw refuse('is no HTTP URL; write the base URL of a delegated router')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw refuse('has a user name, a password, a query or a fragment; write the base URL alone')
  if (/\/routing\/v1(\/|$)/.test(url.pathname))
    throw refuse('goes on behind the base URL; leave /routing/v1 out')
  return url.href.replace(/\/+$/, '')
}

/** A server of the Delegated Routing V1 HTTP API. Whatever goes wrong with it is as good as silence. */
export class DelegatedEndpoint {
  readonly url: string
  private readonly context: EndpointContext
  private readonly turns = new Turns(ENDPOINT_REQUESTS)
  private pausedUntil = 0
  private failing = false

  constructor(url: string, context: EndpointContext) {
    this.url = url
    this.context = context
  }

  /** What it has of a zone; undefined where it says nothing. */
  async get(zoneId: ZoneId, signal: AbortSignal): Promise<RoutingAnswer | undefined> {
    if (this.context.clock.now() < this.pausedUntil) return undefined
    return this.turn(signal, () => this.ask(zoneId, signal))
  }

  /**
   * Whether it has the record after it was given it. Servers say that all went well also where they keep a newer one,
   * so only what they give back counts.
   */
  async put(zoneId: ZoneId, value: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const answer = await this.turn(signal, async () => {
      await this.give(zoneId, value, signal)
      return this.ask(zoneId, signal)
    })
    return answer?.kind === 'value' && isSameRecord(zoneId, answer.value, value)
  }

  private async turn<Result>(signal: AbortSignal, task: () => Promise<Result>): Promise<Result | undefined> {
    try {
      const result = await this.turns.run(task)
      this.failing = false
      return result
    } catch (error) {
      if (!signal.aborted) this.note(error)
      return undefined
    }
  }

  private async ask(zoneId: ZoneId, signal: AbortSignal): Promise<RoutingAnswer> {
    const tooLate = (): Error => new Error(`no answer within ${ENDPOINT_TIMEOUT} ms`)
    const deadline = deadlineSignal(this.context.clock, ENDPOINT_TIMEOUT, tooLate)
    const either = AbortSignal.any([signal, deadline.signal])
    const from = this.url
    try {
      const response = await this.request(zoneId, { accept: RECORD_TYPE }, { signal: either })
      if (response.status === 200 && isRecordType(response.headers.get('content-type')))
        return { kind: 'value', value: await readRecord(response), from }
      await response.body?.cancel()
      // Old servers say 404 where there is no record, new ones 200 with a text.
      if (response.status === 200 || response.status === 404) return { kind: 'nothing', from }
      throw this.refusal(response)
    } finally {
      deadline.cancel()
    }
  }

  private async give(zoneId: ZoneId, value: Uint8Array, signal: AbortSignal): Promise<void> {
    const body = Uint8Array.from(value)
    const response = await this.request(
      zoneId,
      { 'content-type': RECORD_TYPE },
      { method: 'PUT', body, signal },
    )
    await response.body?.cancel()
    if (!response.ok) throw this.refusal(response)
  }

  private async request(
    zoneId: ZoneId,
    headers: Readonly<Record<string, string>>,
    init: RequestInit & { readonly signal: AbortSignal },
  ): Promise<Response> {
    return fetch(`${this.url}${recordPath(zoneId)}`, {
      ...init,
      // Packed octets could be of any size once they are unpacked.
      headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'signpost' },
      // What a cache on the way has is what this node wants to be newer than.
      cache: 'no-store',
      // The user said whom to ask; nobody else may send this node anywhere.
      redirect: 'manual',
    })
  }

  private refusal({ status, headers }: Response): Error {
    if (status === 429 || status === 503) {
      const wanted = Number(headers.get('retry-after') ?? Number.NaN) * 1_000 || PAUSE.unlessItSays
      this.pausedUntil = this.context.clock.now() + Math.min(Math.max(wanted, PAUSE.least), PAUSE.most)
    }
    const redirected = status >= 300 && status < 400
    return new Error(`status ${status}${redirected ? ': redirects are not followed' : ''}`)
  }

  // Once is enough for whoever reads the log.
  private note(error: unknown): void {
    const { logger } = this.context
    const problem = String(error instanceof Error ? (error.cause ?? error) : error)
    const fields = { url: this.url, problem }
    if (this.failing) logger.debug('a delegated router still fails', fields)
    else logger.warn('a delegated router fails; see that its URL is right and that it runs', fields)
    this.failing = true
  }
}

/** One octet more than a record can have is enough to refuse it. */
async function readRecord(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  // Leaving the loop ends the transfer.
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    length += chunk.length
    if (length > MAX_RECORD_LENGTH) break
  }
  return new Uint8Array(Buffer.concat(chunks).subarray(0, MAX_RECORD_LENGTH + 1))
}

/** By the signed data: a server may give the envelope of another program. */
function isSameRecord(zoneId: ZoneId, given: Uint8Array, held: Uint8Array): boolean {
  try {
    return compareRecords(decodeRecord(zoneId, given), decodeRecord(zoneId, held)) === 0
  } catch {
    return false
  }
}
