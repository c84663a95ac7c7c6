import { expect, test } from 'vitest'
import { quiet } from './engine.test-support.ts'
import { Turns } from './turns.ts'

/** Tasks that end when they are told to. */
function tasksFor(turns: Turns): {
  readonly begun: string[]
  readonly start: (name: string, signal?: AbortSignal) => Promise<string>
  readonly end: (name: string) => void
} {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  return {
    begun,
    start: (name, signal) =>
      turns.run(async () => {
        begun.push(name)
        await new Promise<void>(resolve => ends.set(name, resolve))
        return name
      }, signal),
    end: name => ends.get(name)?.(),
  }
}

test('so many tasks run at a time, and the others in the order in which they came', async () => {
  const { begun, start, end } = tasksFor(new Turns(2))
  const all = Promise.all(['a', 'b', 'c', 'd'].map(name => start(name)))
  expect(begun).toEqual(['a', 'b'])
  end('b')
  await quiet()
  expect(begun).toEqual(['a', 'b', 'c'])
  end('a')
  await quiet()
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
  end('c')
  end('d')
  expect(await all).toEqual(['a', 'b', 'c', 'd'])
})

test('whoever gives up while he waits leaves at once, and his turn is the next one’s', async () => {
  const { begun, start, end } = tasksFor(new Turns(1))
  const first = start('first')
  const leaving = new AbortController()
  const left = start('left', leaving.signal).catch((error: unknown) => error)
  const last = start('last')
  leaving.abort(new Error('enough'))
  expect(await left).toMatchObject({ message: 'enough' })
  end('first')
  expect(await first).toBe('first')
  await quiet()
  expect(begun).toEqual(['first', 'last'])
  end('last')
  await last
})

test('a turn that was given up before it could begin is none, and a task that fails gives its turn back', async () => {
  const turns = new Turns(1)
  const { start, end } = tasksFor(turns)
  await expect(start('late', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late')
  await expect(turns.run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  const next = start('next')
  end('next')
  expect(await next).toBe('next')
})
