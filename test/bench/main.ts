import { benchCodec } from './codec.ts'
import { benchRecords } from './records.ts'
import { benchGateway } from './gateway.ts'
import { benchGrowth } from './growth.ts'
import { benchKeeping } from './keeping.ts'
import { printMachine } from './measure.ts'
import { benchMemory } from './memory.ts'
import { benchNetwork } from './network.ts'
import { benchSignatures } from './signatures.ts'
import { benchPush } from './push.ts'

const benches: Record<string, () => Promise<void>> = {
  codec: benchCodec,
  signatures: benchSignatures,
  records: benchRecords,
  keeping: benchKeeping,
  memory: benchMemory,
  network: benchNetwork,
  growth: benchGrowth,
  push: benchPush,
  gateway: benchGateway,
}

const wanted = process.argv.slice(2).filter(argument => argument !== '--')
const unknown = wanted.filter(name => !(name in benches))
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}
printMachine()
for (const [name, bench] of Object.entries(benches))
  if (wanted.length === 0 || wanted.includes(name)) await bench()
