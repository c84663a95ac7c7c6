import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Children } from './children.ts'

const never = new AbortController().signal

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a command that ends well gives what it printed, and one that does not says why', async () => {
  await using children = new Children(never)
  expect(await children.run(['sh', '-c', 'echo one; echo two'])).toBe('one\ntwo')
  await expect(children.run(['sh', '-c', 'echo "no such thing" >&2; exit 3'])).rejects.toMatchObject({
    code: 'DRILL_NOT_HELD',
    message: expect.stringContaining('no such thing'),
  })
})

test('a program that is not there is a failure, and nothing that runs on', async () => {
  await using children = new Children(never)
  await expect(children.run(['/no/such/program'])).rejects.toMatchObject({ code: 'DRILL_NOT_HELD' })
})

test('what is frozen ends with the others', async () => {
  const children = new Children(never)
  const [running, frozen] = [children.start(['sleep', '60']), children.start(['sleep', '60'])]
  frozen.signal('SIGSTOP')
  await children[Symbol.asyncDispose]()
  expect([isThere(running.pid), isThere(frozen.pid)]).toEqual([false, false])
})

test('when everything is stopped, what is under way fails, and nothing new starts', async () => {
  const stop = new AbortController()
  await using children = new Children(stop.signal)
  const sleeping = children.run(['sleep', '60'])
  stop.abort()
  await expect(sleeping).rejects.toMatchObject({ code: 'DRILL_NOT_HELD' })
  expect(() => children.start(['sleep', '60'])).toThrow('the drill is over')
})

test('what was started ends although the one who started it is killed', async () => {
  const script = join(import.meta.dirname, 'children-program.test-support.ts')
  const parent = spawn(process.execPath, ['--conditions=@signpost/source', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string]
  expect(isThere(Number(line))).toBe(true)
  parent.kill('SIGKILL')
  await expect.poll(() => isThere(Number(line)), { timeout: 10_000 }).toBe(false)
})
