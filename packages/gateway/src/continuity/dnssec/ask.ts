import { type Message, type Question, Rcode, printRcode } from '@signpost/dns'
import type { Forwarding } from '../../upstream/forwarding.ts'
import { type Doubt, indeterminate } from './verdict.ts'

export type Reply =
  | { readonly kind: 'reply'; readonly message: Message }
  | { readonly kind: 'failed'; readonly reason: string }

/** Asks one question with DO and CD set (RFC 4035, section 4.9) and gives the whole message. Never rejects. */
export type Ask = (question: Question, signal: AbortSignal) => Promise<Reply>

/** Asks the upstreams that the name's route leads to, as a client's question would be. */
export function askThrough(forwarding: Pick<Forwarding, 'asker' | 'choose'>): Ask {
  return async question => {
    const { upstreams } = await forwarding.choose(question.name)
    const result = await forwarding.asker.ask(upstreams, {
      question,
      recursionDesired: true,
      dnssecOk: true,
      checkingDisabled: true,
    })
    return result.kind === 'overloaded'
      ? { kind: 'failed', reason: 'too many questions are out at the upstreams' }
      : result
  }
}

/** What a reply says, where it says anything; also in time where `ask` goes on. */
export async function askInTime(
  ask: Ask,
  question: Question,
  signal: AbortSignal,
): Promise<{ readonly kind: 'reply'; readonly message: Message } | Doubt> {
  const stopped = Promise.withResolvers<Reply>()
  const stop = (): void => {
    stopped.resolve({ kind: 'failed', reason: 'the lookup was stopped' })
  }
  if (signal.aborted) return indeterminate('the lookup was stopped')
  signal.addEventListener('abort', stop, { once: true })
  try {
    const reply = await Promise.race([ask(question, signal), stopped.promise])
    if (reply.kind === 'failed') return indeterminate(reply.reason)
    const { rcode, truncated } = reply.message
    if (truncated || !(rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN))
      return indeterminate(truncated ? 'the answer is cut off' : `the answer is ${printRcode(rcode)}`)
    return reply
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
