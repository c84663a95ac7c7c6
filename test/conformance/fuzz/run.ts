import { fileURLToPath } from 'node:url'
import { exchange } from '../exchange.ts'
import { typeText } from '../notation.ts'
import { writeQuery } from '../query.ts'
import { Random } from '../random.ts'
import { readReply } from '../reply.ts'
import { type Outcome, floodTcp, floodUdp } from './flood.ts'
import { readCorpus } from '../messages.ts'
import { type GatewayProcess, startGatewayProcess } from '../gateway-process.ts'
import { startUpstream } from '../upstream.ts'

const ZONE = fileURLToPath(new URL('../zones/cases.zone', import.meta.url))
/** Mebibytes, twice of what is alive. */
const HEAP = 80
const ORDINARY = 'cases.example.net.'
/** One that was not asked for before, and that the upstream has an address for. */
const NEW_NAME = 'new.example.net.'

/** Resident memory after so many messages, in octets. */
export interface Sample {
  readonly sent: number
  readonly memory: number
}

export interface FuzzReport {
  readonly udp: Outcome
  readonly tcp: Outcome
  readonly curve: readonly Sample[]
  /** Queries that met an error in the program. */
  readonly failures: number
  /** Whether names of the zone and ordinary ones still resolve, over UDP and TCP. */
  readonly goesOn: boolean
  readonly exitCode: number | null
}

/**
 * Broken messages to a gateway process, one in five over TCP, while its upstream sends broken replies.
 * @param samples of the memory, at even distances.
 */
export async function fuzz(
  count: number,
  seed: number,
  samples: number,
  onSample: (sample: Sample) => void = () => {},
): Promise<FuzzReport> {
  await using upstream = await startUpstream(seed)
  await using gateway = await startGatewayProcess(ZONE, upstream.at, HEAP)
  const curve: Sample[] = []
  let before = 0
  const onProgress = (sent: number): void => {
    if (Math.floor(((before + sent) * samples) / count) <= curve.length) return
    const sample = { sent: before + sent, memory: gateway.residentMemory() }
    curve.push(sample)
    onSample(sample)
  }
  const options = {
    at: gateway.at,
    corpus: await readCorpus([ORDINARY, gateway.origin]),
    random: new Random(seed),
    onProgress,
  }
  const udp = await floodUdp({ ...options, count: (count * 4) / 5 })
  before = udp.sent
  const tcp = await floodTcp({ ...options, count: count / 5 })
  upstream.calm()
  const goesOn = await stillAnswers(gateway)
  const failures = await gateway.failures()
  const { code } = await gateway.stop()
  return { udp, tcp, curve, failures, goesOn, exitCode: code }
}

async function stillAnswers({ at, origin }: GatewayProcess): Promise<boolean> {
  for (const transport of ['udp', 'tcp'] as const)
    for (const name of [`www.${origin}`, NEW_NAME]) {
      const reply = await exchange(at, transport, writeQuery({ name }, '.', 1).octets)
      if (reply === undefined || !readReply(reply).answers.some(({ type }) => typeText(type) === 'A'))
        return false
    }
  return true
}

/** Octets by which memory grew since the gateway had warmed up, which takes a fifth of the messages. */
export function growthOf(curve: readonly Sample[]): number {
  const warm = curve[Math.floor(curve.length / 5)]
  const last = curve.at(-1)
  return warm === undefined || last === undefined ? 0 : last.memory - warm.memory
}
