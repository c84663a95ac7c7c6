import { ExtendedError, type Message, type Question } from '@signpost/dns'
import type { Standing } from './abuse/clients.ts'
import type { Protection } from './abuse/protection.ts'
import { type Asked, encodeReply, replyLimit, replyTo } from './answer.ts'
import { readPacket } from './handlers/guard.ts'
import { type ReadTerms, type Terms, plainTerms } from './edns/terms.ts'
import type { Limits } from './limits.ts'
import type { Outcome, Refusal } from './outcome.ts'
import type { Awaitable, Resolve } from './handler.ts'
import type { Client, Query, Transport } from './query.ts'

/** A packet in, the reply's octets out; undefined for the packets to which silence is the reply. Never rejects. */
export type Service = (
  packet: Uint8Array,
  transport: Transport,
  client: Client,
) => Awaitable<Uint8Array | undefined>

export interface ServiceParts {
  readonly resolve: Resolve
  readonly readTerms: ReadTerms
  readonly protection: Protection
  readonly limits: Pick<Limits, 'udpPayload' | 'furtherNames'>
  /** Aborts when the gateway stops. */
  readonly signal: AbortSignal
  /** Hears how every packet ended. */
  readonly onSettled: (transport: Transport, kind: Outcome['kind'] | 'silence') => void
  /** Hears of errors in this program. */
  readonly onError: (error: unknown) => void
}

/** Whom a reply goes to, and how. */
interface Asker {
  readonly transport: Transport
  readonly standing: Standing
  readonly terms: Terms
}

/** What lies between the transports and the pipeline: octets to a question, an outcome to octets. */
export function createService(parts: ServiceParts): Service {
  const { limits, signal, protection, onSettled } = parts

  const reply = (asked: Asked, outcome: Outcome, { transport, terms }: Asker): Uint8Array | undefined => {
    onSettled(transport, outcome.kind)
    if (outcome.kind === 'dropped') return undefined
    const limit = replyLimit(asked, transport, limits.udpPayload)
    return encodeReply(replyTo(asked, outcome, limits.udpPayload, terms.options), limit, terms.padded)
  }

  // What did not come through the pipeline, whose first link does the same.
  const replyWithinLimits = (asked: Asked, outcome: Outcome, asker: Asker): Uint8Array | undefined => {
    const { transport, standing, terms } = asker
    const from = { transport, standing, addressProven: terms.addressProven }
    return reply(asked, protection.limitResponse(outcome, asked.questions[0], from), asker)
  }

  const answer = (query: Query, asker: Asker): Awaitable<Uint8Array | undefined> => {
    const { message } = query
    const outcome = parts.resolve(query)
    if (!(outcome instanceof Promise)) return reply(message, outcome, asker)
    return outcome.then(settled => reply(message, settled, asker)).catch(fail(message, asker))
  }

  const fail =
    (asked: Asked, asker: Asker) =>
    (error: unknown): Uint8Array | undefined => {
      parts.onError(error)
      const text = 'an error in the gateway; its log says more'
      return replyWithinLimits(asked, { kind: 'failed', text }, asker)
    }

  const answerMessage = (
    message: Message,
    question: Question,
    transport: Transport,
    client: Client,
    standing: Standing,
  ): Awaitable<Uint8Array | undefined> => {
    const terms = parts.readTerms(message.edns, transport, client)
    if (terms === 'malformed')
      return replyWithinLimits(
        message,
        { kind: 'malformed' },
        { transport, standing, terms: plainTerms(transport) },
      )
    const asker = { transport, standing, terms }
    const budget = { left: limits.furtherNames }
    const { addressProven } = terms
    try {
      return answer(
        { question, trail: [], budget, message, transport, client, addressProven, standing, signal },
        asker,
      )
    } catch (error) {
      return fail(message, asker)(error)
    }
  }

  // Nothing is read for a stranger but what the refusal has to repeat. Streams have counted it when it connected.
  const refuse = (
    packet: Uint8Array,
    transport: Transport,
    client: Client,
    standing: Standing,
  ): Uint8Array | undefined => {
    const received =
      transport === 'udp' && !protection.refusesAloud() ? ({ kind: 'silence' } as const) : readPacket(packet)
    if (received.kind === 'silence') {
      onSettled(transport, 'silence')
      return undefined
    }
    const asker = { transport, standing, terms: plainTerms(transport) }
    return received.kind === 'refusal'
      ? reply(received.asked, received.refusal, asker)
      : reply(received.message, strangerRefusal(client.address), asker)
  }

  return (packet, transport, client) => {
    const standing = protection.clients.of(client.address)
    if (!standing.allowed) return refuse(packet, transport, client, standing)
    const received = readPacket(packet)
    switch (received.kind) {
      case 'silence':
        onSettled(transport, 'silence')
        return undefined
      case 'refusal':
        return replyWithinLimits(received.asked, received.refusal, {
          transport,
          standing,
          terms: plainTerms(transport),
        })
      case 'question':
        return answerMessage(received.message, received.question, transport, client, standing)
    }
  }
}

function strangerRefusal(address: string): Refusal {
  const text = `${address} may not ask here; the option "allow" of this gateway says who may`
  return { kind: 'refused', extendedError: { infoCode: ExtendedError.PROHIBITED, text } }
}
