import { randomBytes } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { type SignedRecord, createZone, signRecord, signerFromSeed, zoneIdOf } from '@signpost/core'
import { parseName, parseZoneFile } from '@signpost/dns'
import { createNode } from '@signpost/node'
import { Sandbox } from '../../packages/cli/src/signpost-process.test-support.ts'
import { type Row, printTable } from './measure.ts'

const ROUNDS = 30

interface Follower {
  readonly sandbox: Sandbox
  readonly peer: string
  readonly resolver: Resolver
}

/**
 * From the moment in which an owner puts a record until a gateway elsewhere that follows the zone answers with it. Owner
 * and gateway are in different networks, so that no put of the DHT reaches the gateway.
 */
export async function benchPush(): Promise<void> {
  await using near = await startFollower([])
  await using far = await startFollower(['--bootstrap', near.peer])
  await using owner = await createNode({
    networks: [{ kind: 'private', name: 'owner' }],
    listen: [],
    bootstrap: [near.peer],
    mode: 'client',
  })
  const signer = signerFromSeed(randomBytes(32))
  const zoneId = zoneIdOf(signer.publicKey)
  for (const { sandbox } of [near, far]) await sandbox.signpost(['follow', zoneId])
  const times: number[][] = [[], []]
  let previous: SignedRecord | undefined
  // The first round is not counted: the owner's node meets the others.
  for (let round = 0; round <= ROUNDS; round++) {
    const content = createZone(
      zoneId,
      parseZoneFile(`$TTL 1h\nwww A 192.0.2.${round}\n`, { origin: parseName(`${zoneId}.`) }),
    )
    const expiresAt = Date.now() + 86_400_000
    const request = { zoneId, content, sequence: round + 1, expiresAt, ttl: 3_600 }
    const record = await signRecord(previous === undefined ? request : { ...request, previous }, signer)
    previous = record
    const name = `www.${zoneId}.signpost.internal`
    const answered = [near, far].map(async ({ resolver }) => untilAnswer(resolver, name, `192.0.2.${round}`))
    const start = performance.now()
    // Nobody of the owner's network is there to acknowledge.
    const put = owner.put(record, { minAcks: 0 })
    for (const [at, time] of (await Promise.all(answered)).entries())
      if (round > 0) times[at]!.push(time - start)
    await put
  }
  const row = (what: string, at: number): Row => ({ what, unit: 'ms', runs: times[at]!, better: 'lower' })
  printTable('Push: from the owner putting a version to a following gateway answering with it', [
    row('gateway that is connected with the owner', 0),
    row('gateway that is connected with that one', 1),
  ])
}

async function startFollower(flags: readonly string[]): Promise<Follower & AsyncDisposable> {
  const sandbox = await Sandbox.create()
  const network = ['--network', 'private:gateways', ...flags]
  const { ready } = await sandbox.daemon(['up', '--dns', '127.0.0.1:0', ...network])
  const resolver = new Resolver({ timeout: 2_000, tries: 1 })
  resolver.setServers([ready.dns[0] as string])
  return {
    sandbox,
    peer: ready.addresses[0] as string,
    resolver,
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  }
}

async function untilAnswer(resolver: Resolver, name: string, address: string): Promise<number> {
  for (;;) {
    // Before the first version there is none.
    const answers = await resolver.resolve4(name).catch((): string[] => [])
    if (answers.includes(address)) return performance.now()
  }
}
