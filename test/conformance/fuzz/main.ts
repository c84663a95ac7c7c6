import type { Outcome } from './flood.ts'
import { fuzz, growthOf } from './run.ts'

/** `fuzz [COUNT] [SEED]`: so many broken messages, and what becomes of the gateway and its memory. */
const [countText = '1000000', seedText = String(Date.now() % 1_000_000)] = process.argv
  .slice(2)
  .filter(argument => argument !== '--')
const ROUNDS = 25
const MIB = 2 ** 20
/** Of memory: among a million messages, a leak of fifty octets for each shows. */
const GROWTH = 32 * MIB

console.log(`${countText} messages, seed ${seedText}`)
const { udp, tcp, curve, failures, goesOn, exitCode } = await fuzz(
  Number(countText),
  Number(seedText),
  ROUNDS,
  ({ sent, memory }) => {
    const mebibytes = memory / MIB
    console.log(`${String(sent).padStart(10)}  ${mebibytes.toFixed(1)} MiB  ${'#'.repeat(mebibytes / 5)}`)
  },
)
print('UDP', udp)
print('TCP', tcp)
console.log(`${failures} errors in the program; names ${goesOn ? 'still resolve' : 'resolve no more'}`)
console.log(`memory grew by ${(growthOf(curve) / MIB).toFixed(1)} MiB; the process ended with ${exitCode}`)
const isGood = udp.complaints.length + tcp.complaints.length + failures === 0 && goesOn && exitCode === 0
process.exitCode = isGood && growthOf(curve) < GROWTH ? 0 : 1

function print(transport: string, { sent, silent, rcodes, complaints }: Outcome): void {
  const replies = [...rcodes].map(([rcode, times]) => `${times} ${rcode}`).join(', ')
  console.log(`${transport}: ${sent} sent, ${silent} to be met with silence; ${replies}`)
  for (const complaint of complaints) console.log(`  WRONG  ${complaint}`)
}
