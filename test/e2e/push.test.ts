import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Sandbox } from '../../packages/cli/src/signpost-process.test-support.ts'
import { hasTool } from '../../packages/dns/src/debian-tool.test-support.ts'
import { type At, ask, endpoint, lines } from './dig.ts'

const dig = hasTool(['dig', '-v'], 'bind9-dnsutils')

// The owner is in one network and the gateways in another, so that no put of the DHT reaches them: only a node that is
// in both, and follows the zone, is connected with both.
let between: Sandbox
let publisher: Sandbox
let follower: Sandbox
let toOwner: readonly string[]
let gateways: readonly At[]

beforeAll(async () => {
  ;[between, publisher, follower] = await Promise.all([Sandbox.create(), Sandbox.create(), Sandbox.create()])
  const { ready } = await between.daemon(['node', '--network', 'private:owner,private:gateways'])
  const peer = ready.addresses[0] as string
  toOwner = ['--network', 'private:owner', '--bootstrap', peer]
  const toGateways = ['--network', 'private:gateways', '--bootstrap', peer]
  const up = await follower.daemon(['up', ...toGateways])
  const beside = await follower.daemon(['gateway'])
  gateways = [up, beside].map(({ ready }) => endpoint(ready.dns[0] as string))
})

afterAll(async () => {
  for (const sandbox of [between, publisher, follower]) await sandbox[Symbol.asyncDispose]()
})

async function publish(address: string): Promise<{ zoneId: string; sequence: number }> {
  const file = join(publisher.path, 'site.zone')
  await writeFile(file, `$TTL 1h\nwww A ${address}\n`)
  const args = ['publish', file, '--key', 'site', '--ttl', '1h', '--json', ...toOwner]
  const { code, stdout, stderr } = await publisher.signpost(args)
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout)
}

/** Asks until the answer is the one that is waited for, and resolves to when that was. */
async function untilAnswer(gateway: At, name: string, address: string): Promise<number> {
  for (;;) {
    const answer = lines(await ask('dig', gateway, name, 'A'))
    if (answer.includes(`${name} A ${address}`)) return performance.now()
    // The other processes need the processor too.
    await sleep(50)
  }
}

test.runIf(dig)('a gateway answers at once what the owner of a followed zone publishes', async () => {
  await publisher.signpost(['key', 'new', 'site'])
  const { zoneId } = await publish('192.0.2.1')
  const name = `www.${zoneId}.signpost.internal.`
  for (const sandbox of [between, follower]) {
    const { code, stderr } = await sandbox.signpost(['follow', zoneId])
    expect(code, stderr).toBe(0)
  }
  for (const gateway of gateways) await untilAnswer(gateway, name, '192.0.2.1')

  // Nothing but push can bring a new answer within the hour for which this one may be kept.
  for (const address of ['192.0.2.2', '192.0.2.3']) {
    const answered = gateways.map(async gateway => untilAnswer(gateway, name, address))
    await publish(address)
    const published = performance.now()
    for (const time of await Promise.all(answered))
      console.log(`new answer ${Math.round(time - published)} ms after \`signpost publish\` has ended`)
  }
})
