import { MAX_RECORD_LENGTH, type ZoneId, compareRecords, decodeRecord } from '@signpost/core'
import { InvalidConfigError } from '@signpost/dns'
import { type Clock, deadlineSignal } from '../clock.ts'
import type { Logger } from '../logger.ts'
import { Turns } from '../turns.ts'
import { RECORD_TYPE, isRecordType, recordPath } from './delegated-api.ts'
import { Patience } from './patience.ts'
import type { RoutingAnswer } from './routing.ts'

/** Requests that one endpoint has at a time. */
export const ENDPOINT_REQUESTS = 16

/** Milliseconds for which an endpoint is asked nothing after it said that it is asked too much. */
const PAUSE = { least: 1_000, unlessItSays: 30_000, most: 300_000 }

export interface EndpointContext {
  readonly clock: Clock
  readonly logger: Logger
  /** Milliseconds that only go forward, whatever is done to the machine's clock; the process's where absent. */
  readonly now?: () => number
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
  // Not its text, which may end in a bare ? or #.
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** A server of the Delegated Routing V1 HTTP API. Whatever goes wrong with it is as good as silence. */
export class DelegatedEndpoint {
  readonly url: string
  private readonly context: EndpointContext
  private readonly turns = new Turns(ENDPOINT_REQUESTS)
  private readonly patience = new Patience()
  private readonly now: () => number
  private pausedUntil = -Infinity
  private failing = false

  constructor(url: string, context: EndpointContext) {
    this.url = url
    this.context = context
    this.now = context.now ?? (() => performance.now())
  }

  /** What it has of a zone; undefined where it says nothing. */
  async get(zoneId: ZoneId, signal: AbortSignal): Promise<RoutingAnswer | undefined> {
    return this.turn(signal, until => this.ask(zoneId, until))
  }

  /**
   * Whether it has the record after it was given it. Servers say that all went well also where they keep a newer one,
   * so only what they give back counts.
   */
  async put(zoneId: ZoneId, value: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const answer = await this.turn(signal, async until => {
      await this.give(zoneId, value, until)
      return this.ask(zoneId, until)
    })
    return answer?.kind === 'value' && isSameRecord(zoneId, answer.value, value)
  }

  /** Undefined where nothing came of it, and at once where it is better not asked now. */
  private async turn<Result>(
    signal: AbortSignal,
    task: (until: AbortSignal) => Promise<Result>,
  ): Promise<Result | undefined> {
    const time = this.timeNow()
    if (time === 0) return undefined
    const tooLate = (): Error => new Error(`no answer within ${time} ms`)
    const deadline = deadlineSignal(this.context.clock, time, tooLate)
    const until = AbortSignal.any([signal, deadline.signal])
    const begin = async (): Promise<Result | undefined> => {
      // Something was heard of it while this turn waited: that it is silent, or asked too much.
      if (this.timeNow() < time) return undefined
      try {
        const result = await task(until)
        this.patience.answered()
        this.failing = false
        return result
      } catch (error) {
        if (deadline.signal.aborted && !signal.aborted) this.patience.silent(time, this.now())
        throw error
      }
    }
    try {
      return await this.turns.run(begin, until)
    } catch (error) {
      // Whoever leaves says nothing of the endpoint.
      if (!signal.aborted) this.note(error)
      return undefined
    } finally {
      deadline.cancel()
    }
  }

  private timeNow(): number {
    const now = this.now()
    return now < this.pausedUntil ? 0 : this.patience.timeFor(now)
  }

  private async ask(zoneId: ZoneId, signal: AbortSignal): Promise<RoutingAnswer> {
    const from = this.url
    const response = await this.request(zoneId, { accept: RECORD_TYPE }, { signal })
    if (response.status === 200 && isRecordType(response.headers.get('content-type')))
      return { kind: 'value', value: await readRecord(response), from }
    await response.body?.cancel()
    // Old servers say 404 where there is no record, new ones 200 with a text.
    if (response.status === 200 || response.status === 404) return { kind: 'nothing', from }
    throw this.refusal(response)
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
    this.patience.answered()
    if (status === 429 || status === 503) {
      const wanted = Number(headers.get('retry-after') ?? Number.NaN) * 1_000 || PAUSE.unlessItSays
      this.pausedUntil = this.now() + Math.min(Math.max(wanted, PAUSE.least), PAUSE.most)
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
