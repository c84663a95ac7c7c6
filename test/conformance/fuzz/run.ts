import { fileURLToPath } from 'node:url'
import { exchange } from '../exchange.ts'
import { typeText } from '../notation.ts'
import { writeQuery } from '../query.ts'
import { Random } from '../random.ts'
import { readReply } from '../reply.ts'
import { Outcome, floodTcp, floodUdp } from './flood.ts'
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
 * @param rounds UDP and TCP take turns, and the memory is looked at after each.
 */
export async function fuzz(
  count: number,
  seed: number,
  rounds: number,
  onSample: (sample: Sample) => void = () => {},
): Promise<FuzzReport> {
  await using upstream = await startUpstream(seed)
  await using gateway = await startGatewayProcess(ZONE, upstream.at, HEAP)
  const [udp, tcp] = [new Outcome(), new Outcome()]
  const curve: Sample[] = []
  const corpus = await readCorpus([ORDINARY, gateway.origin])
  const options = { at: gateway.at, corpus, random: new Random(seed) }
  const perRound = count / rounds
  for (let round = 1; round <= rounds; round++) {
    await floodUdp({ ...options, outcome: udp, count: (perRound * 4) / 5 })
    await floodTcp({ ...options, outcome: tcp, count: perRound / 5 })
    const sample = { sent: udp.sent + tcp.sent, memory: gateway.residentMemory() }
    curve.push(sample)
    onSample(sample)
  }
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

/**
 * Octets by which memory grew since the gateway had warmed up: from the second fifth of the curve to the last one. The
 * median of each counts, since what is only not collected yet comes and goes.
 */
export function growthOf(curve: readonly Sample[]): number {
  const fifth = curve.length / 5
  return medianOf(curve.slice(-fifth)) - medianOf(curve.slice(fifth, 2 * fifth))
}

function medianOf(curve: readonly Sample[]): number {
  const memories = curve.map(({ memory }) => memory).sort((a, b) => a - b)
  return memories[Math.floor(memories.length / 2)] ?? Number.NaN
}
