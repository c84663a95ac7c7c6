import { describe, expect, test } from 'vitest'
import { config, linuxFacts, listener, resolvedFacts } from './facts.test-support.ts'
import type { Facts } from './facts.ts'
import { planned, printed } from './plan.test-support.ts'

function takenAt(host: string): Facts {
  return resolvedFacts(258, { config: config(), listeners: [listener(host, 5300)] })
}

function everywhere(host: string): Facts {
  return resolvedFacts(258, {
    config: config({ listen: [{ host, port: 53 }] }),
    listeners: [listener('127.0.0.53', 53, 'systemd-resolved')],
  })
}

describe('a port that somebody has', () => {
  test.each([
    ['127.0.0.1', 'named (process 321) listens at 127.0.0.1:5300; stop that program'],
    ['0.0.0.0', 'named (process 321) listens at 0.0.0.0:5300; stop that program'],
    ['::', 'named (process 321) listens at [::]:5300; stop that program'],
  ])('at %s stops an installation', (host, problem) => {
    expect(planned(takenAt(host)).problems).toEqual([expect.stringContaining(problem)])
  })

  test.each(['192.0.2.1', '::1'])('at %s does not', host => {
    expect(planned(takenAt(host)).problems).toEqual([])
  })

  test('at one address stops a gateway that is to listen on all of them', () => {
    expect(planned(everywhere('0.0.0.0')).problems).toEqual([
      expect.stringContaining('systemd-resolved (process 321) listens at 127.0.0.53:53'),
    ])
    expect(planned(everywhere('::')).problems).toEqual([])
  })

  test('at every address leaves another one that needs to be allowed', () => {
    const plan = planned(resolvedFacts(258, { listeners: [listener('0.0.0.0', 53, 'dnsmasq')] }))
    expect(printed(plan)).toContain('listen = ["127.0.0.83:530"]')
    const listeners = [listener('0.0.0.0', 53, 'dnsmasq'), listener('127.0.0.83', 530)]
    expect(planned(resolvedFacts(258, { listeners })).problems).toEqual([
      expect.stringContaining('dnsmasq (process 321) listens at 0.0.0.0:53, where the gateway has to listen'),
    ])
  })

  test('that anybody may have makes a note, where the configuration asks for it', () => {
    expect(planned(resolvedFacts(258, { config: config() })).notes).toContainEqual(
      expect.stringContaining(
        'while the gateway is down, anybody on this machine may answer at 127.0.0.1:5300',
      ),
    )
  })

  test('has another loopback address beside it, where a port cannot be chosen', () => {
    const plan = planned(linuxFacts({ listeners: [listener('127.0.0.1', 53, 'unbound')] }), 'all')
    expect(printed(plan)).toContain('listen = ["127.0.0.83:53"]')
    expect(printed(plan)).toContain('nameserver 127.0.0.83\n')
  })
})
