// A program that a test kills: a node that publishes one zone and resolves another one, and says what it has done.
import { writeSync } from 'node:fs'
import { createNode } from '../create-node.ts'
import { createOwner, sequenceOf } from '../engine.test-support.ts'
import type { NodeOptions } from '../node-options.ts'

const [dataDir = '', join = '{}'] = process.argv.slice(2)
const [mine, theirs] = [createOwner(31), createOwner(32)]
const node = await createNode({ ...(JSON.parse(join) as NodeOptions), dataDir })
const onDisk = async (zoneId: typeof mine.zoneId): Promise<number | string> =>
  sequenceOf(await node.resolve(zoneId, { policy: 'cache-only' }))
say(`start ${await onDisk(mine.zoneId)} ${await onDisk(theirs.zoneId)}`)
await Promise.all([publishOn(), resolveOn()])

async function publishOn(): Promise<never> {
  for (let change = 1; ; change++) {
    const content = mine.records(`process ${process.pid}, change ${change}`)
    const { sequence } = await node.publish({ signer: mine.signer, content })
    say(`published ${sequence}`)
  }
}

async function resolveOn(): Promise<never> {
  for (;;) {
    const outcome = await node.resolve(theirs.zoneId, { policy: 'network-first' })
    if ('record' in outcome) say(`resolved ${outcome.record.sequence}`)
  }
}

// Synchronous, so that what was said was said before the kill.
function say(line: string): void {
  writeSync(1, `${line}\n`)
}
