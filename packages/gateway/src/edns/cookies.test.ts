import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CookieSecrets } from './cookie-secrets.ts'
import { decodeCookie, judgeCookie } from './cookies.ts'

const DAY = 86_400
const HOUR = 3600
const T0 = 1_700_000_000

/** Each secret differs from the one before. */
function secretsFrom(now: number): CookieSecrets {
  let made = 0
  return new CookieSecrets(length => new Uint8Array(length).fill(++made), now)
}

const clientCookie = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

/** A client that echoes the cookie that it was given last. */
class Client {
  private option = clientCookie
  private readonly secrets: CookieSecrets
  private readonly address: string

  constructor(secrets: CookieSecrets, address = '192.0.2.1') {
    this.secrets = secrets
    this.address = address
  }

  /** Whether its address is proven, and whether it got another cookie. */
  ask(now: number): { proven: boolean; renewed: boolean } {
    const { proven, option } = judgeCookie(decodeCookie(this.option)!, this.address, now, this.secrets)
    const renewed = !Buffer.from(option.data).equals(this.option)
    this.option = Uint8Array.from(option.data)
    return { proven, renewed }
  }
}

test('of 8 octets and of 16 to 40 an option is a cookie, of any other number it is malformed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), data => {
      const cookie = decodeCookie(data)
      const fits = data.length === 8 || (data.length >= 16 && data.length <= 40)
      expect(cookie !== undefined).toBe(fits)
      if (cookie === undefined) return
      expect(cookie.client).toEqual(data.subarray(0, 8))
      expect(cookie.server).toEqual(data.length === 8 ? undefined : data.subarray(8))
    }),
    { numRuns: 500 },
  )
})

test('whatever stands in it, judging it yields a cookie for the client, and proves nothing', () => {
  const secrets = secretsFrom(T0)
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 40 }), fc.ipV6(), (data, address) => {
      const { proven, option } = judgeCookie(decodeCookie(data)!, address, T0, secrets)
      expect(proven).toBe(false)
      expect(option.data).toHaveLength(24)
      expect(option.data.subarray(0, 8)).toEqual(data.subarray(0, 8))
    }),
  )
})

test('a client is unproven at first, then proven with the same cookie, then with a new one after half an hour', () => {
  for (const address of ['192.0.2.1', '2001:db8::1', 'fe80::1%eth0']) {
    const client = new Client(secretsFrom(T0), address)
    expect(client.ask(T0)).toEqual({ proven: false, renewed: true })
    expect(client.ask(T0 + 1)).toEqual({ proven: true, renewed: false })
    expect(client.ask(T0 + HOUR / 2 + 2)).toEqual({ proven: true, renewed: true })
    expect(client.ask(T0 + HOUR + 3)).toEqual({ proven: true, renewed: true })
    expect(client.ask(T0 + 3 * HOUR)).toEqual({ proven: false, renewed: true })
  }
})

test('a cookie is no good at another address', () => {
  const secrets = secretsFrom(T0)
  const { option } = judgeCookie({ client: clientCookie }, '192.0.2.1', T0, secrets)
  const cookie = decodeCookie(option.data)!
  expect(judgeCookie(cookie, '192.0.2.1', T0, secrets).proven).toBe(true)
  expect(judgeCookie(cookie, '192.0.2.2', T0, secrets).proven).toBe(false)
  expect(judgeCookie(cookie, '2001:db8::1', T0, secrets).proven).toBe(false)
})

test('a secret lasts a day; clients of the one before are known for an hour more, and get a cookie of the new one', () => {
  const secrets = secretsFrom(T0)
  const client = new Client(secrets)
  client.ask(T0 + DAY - 60)
  const [first] = secrets.at(T0 + DAY - 1)
  expect(secrets.at(T0 + DAY)).toHaveLength(2)
  expect(secrets.at(T0 + DAY)[1]).toBe(first)
  expect(client.ask(T0 + DAY + 60)).toEqual({ proven: true, renewed: true })
  expect(client.ask(T0 + DAY + 61)).toEqual({ proven: true, renewed: false })
  expect(secrets.at(T0 + DAY + HOUR)).toHaveLength(1)
  expect(client.ask(T0 + DAY + HOUR)).toEqual({ proven: true, renewed: true })
})

test('after a day without queries the old secret is gone at once, and a clock that is set back loses no secret', () => {
  const secrets = secretsFrom(T0)
  const [first] = secrets.at(T0)
  expect(secrets.at(T0 - 5 * DAY)).toEqual([first])
  expect(secrets.at(T0 - 5 * DAY + HOUR)).toEqual([first])
  const later = secrets.at(T0 + DAY)
  expect(later).toHaveLength(1)
  expect(later[0]).not.toEqual(first)
})
