import { printRrType } from '@signpost/dns'
import type { Resolve } from '../handler.ts'
import { type Outcome, isFound } from '../outcome.ts'
import type { Query, Transport } from '../query.ts'

/** One client's question and what came of it. It tells what people do: kept by those alone who ask for it. */
export interface QueryLogEntry {
  /** Milliseconds since the epoch, when the question came. */
  readonly time: number
  readonly client: string
  readonly transport: Transport
  /** With the letters as they were asked. */
  readonly name: string
  readonly type: string
  /** As the client hears of it: `dropped` where nothing goes out, `over-tcp` where it is told to come again. */
  readonly outcome: Outcome['kind']
  /** Who spoke for the name, where somebody did. */
  readonly source: 'zone' | 'upstream' | 'gateway' | undefined
  /** Milliseconds until the answer was at hand. */
  readonly elapsed: number
}

export type OnQuery = (entry: QueryLogEntry) => void

export interface TellParts {
  readonly onQuery: OnQuery
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Hears what `onQuery` throws, which is no reason to leave a query without its answer. */
  readonly onError: (error: unknown) => void
}

/** The same pipeline, which tells what it answers. */
export function tellQueries(resolve: Resolve, { onQuery, now, onError }: TellParts): Resolve {
  return query => {
    const time = now()
    const start = performance.now()
    const tell = (outcome: Outcome): Outcome => {
      try {
        onQuery(entryOf(query, outcome, time, performance.now() - start))
      } catch (error) {
        onError(error)
      }
      return outcome
    }
    const outcome = resolve(query)
    return outcome instanceof Promise ? outcome.then(tell) : tell(outcome)
  }
}

function entryOf(
  { question, transport, client }: Query,
  outcome: Outcome,
  time: number,
  elapsed: number,
): QueryLogEntry {
  return {
    time,
    client: client.address,
    transport,
    name: question.name.toString(),
    type: printRrType(question.type),
    outcome: outcome.kind,
    source: isFound(outcome) ? outcome.provenance.source : undefined,
    elapsed: Math.round(elapsed * 1000) / 1000,
  }
}
