import { Rcode } from '@signpost/dns'
import { expect, test } from 'vitest'
import { hasTool } from '../../dns/src/debian-tool.test-support.ts'
import { askTcp, askUdp, lines, queryFor } from './asking.test-support.ts'
import { createGateway } from './create-gateway.ts'
import { startNsd, startUnbound } from './debian-servers.test-support.ts'
import { PublishedZones, idOf } from './zones.test-support.ts'

const alice = idOf(1)
const listen = [{ host: '127.0.0.1', port: 0 }]

test.skipIf(!hasTool(['/usr/sbin/unbound', '-V'], 'unbound'))(
  'ordinary names are forwarded to unbound: answers, denials, aliases, and what is too large for UDP',
  async () => {
    await using unbound = await startUnbound([
      'www.corp.example. 120 IN A 192.0.2.1',
      'www.corp.example. 120 IN AAAA 2001:db8::1',
      'mail.corp.example. 120 IN MX 10 mx.corp.example.',
      ...Array.from({ length: 120 }, (_, n) => `big.corp.example. 120 IN A 198.51.100.${n}`),
    ])
    const zones = new PublishedZones()
    await zones.publish(1, 'shop CNAME www.corp.example.\n')
    await using gateway = await createGateway({
      resolver: zones,
      listen,
      upstreams: [unbound.at],
      now: () => zones.now,
    })
    const [at] = gateway.addresses
    const www = await askUdp(at!, queryFor('www.Corp.example'))
    expect(lines(www.answers)).toEqual(['www.Corp.example. 120 IN A 192.0.2.1'])
    expect(www).toMatchObject({ authoritative: false, authenticData: false, recursionAvailable: true })
    const mx = await askUdp(at!, queryFor('mail.corp.example', 'MX'))
    expect(lines(mx.answers)).toEqual(['mail.corp.example. 120 IN MX 10 mx.corp.example.'])
    expect((await askUdp(at!, queryFor('nothing.corp.example'))).rcode).toBe(Rcode.NXDOMAIN)
    expect(await askUdp(at!, queryFor('www.corp.example', 'TXT'))).toMatchObject({
      rcode: Rcode.NOERROR,
      answers: [],
    })
    expect(lines((await askUdp(at!, queryFor(`shop.${alice}.signpost.internal`))).answers)).toEqual([
      `shop.${alice}.signpost.internal. 300 IN CNAME www.corp.example.`,
      'www.corp.example. 120 IN A 192.0.2.1',
    ])
    expect(await askUdp(at!, queryFor('big.corp.example'))).toMatchObject({ truncated: true })
    expect((await askTcp(at!, queryFor('big.corp.example'))).answers).toHaveLength(120)
  },
)

test.skipIf(!hasTool(['/usr/sbin/nsd', '-v'], 'nsd'))(
  'a label that a signed zone hands to an ordinary DNS server is answered by NSD under the name that was asked for',
  async () => {
    const zone = `corp.${alice}.`
    await using nsd = await startNsd(
      zone,
      `$ORIGIN ${zone}\n$TTL 200\n@ SOA ns host 1 2 3 4 60\n@ NS ns\nns A 127.0.0.1\nwww A 192.0.2.7\nalias CNAME www\nout CNAME top.${alice}.\n@ MX 5 www\n*.any TXT "wild"\n`,
    )
    const zones = new PublishedZones()
    await zones.publish(1, 'corp NS ns.corp\nns.corp A 127.0.0.1\ntop A 192.0.2.8\n')
    await using gateway = await createGateway({
      resolver: zones,
      listen,
      petnames: petname => (petname === 'alice' ? alice : undefined),
      authorities: { port: nsd.at.port, loopback: true },
      now: () => zones.now,
    })
    const answersFor = async (name: string, type = 'A'): Promise<string[]> =>
      lines((await askUdp(gateway.addresses[0]!, queryFor(name, type))).answers)
    expect(await answersFor('www.corp.alice.signpost.internal')).toEqual([
      'www.corp.alice.signpost.internal. 200 IN A 192.0.2.7',
    ])
    expect(await answersFor('corp.alice.signpost.internal', 'MX')).toEqual([
      'corp.alice.signpost.internal. 200 IN MX 5 www.corp.alice.signpost.internal.',
    ])
    expect(await answersFor('alias.corp.alice.signpost.internal')).toEqual([
      'alias.corp.alice.signpost.internal. 200 IN CNAME www.corp.alice.signpost.internal.',
      'www.corp.alice.signpost.internal. 200 IN A 192.0.2.7',
    ])
    expect(await answersFor('out.corp.alice.signpost.internal')).toEqual([
      'out.corp.alice.signpost.internal. 200 IN CNAME top.alice.signpost.internal.',
      'top.alice.signpost.internal. 300 IN A 192.0.2.8',
    ])
    expect(await answersFor('x.any.corp.alice.signpost.internal', 'TXT')).toEqual([
      'x.any.corp.alice.signpost.internal. 200 IN TXT "wild"',
    ])
    const denied = await askUdp(gateway.addresses[0]!, queryFor('no.corp.alice.signpost.internal'))
    expect(denied.rcode).toBe(Rcode.NXDOMAIN)
    expect(denied.authorities[0]?.name.toString()).toBe('corp.alice.signpost.internal.')
  },
)
