import { type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createQuery, encodeMessage, parseName } from '@signpost/dns'

// Floods a gateway on loopback with made-up names until its parent lets go of it: a program of this machine without
// limits, one client that asks far too much, and a crowd in which each asks little.
const port = Number(process.argv[2])
const perSecond = Number(process.argv[3])
const TICK = 10
const CROWD = 250

async function client(address: string): Promise<Socket> {
  const socket = createSocket('udp4')
    .on('error', () => {})
    .on('message', () => {})
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}

const program = await client('127.0.0.9')
const greedy = await client('127.0.0.10')
const crowd: Socket[] = []
for (let n = 0; n < CROWD; n++) crowd.push(await client(`127.${1 + Math.floor(n / 50)}.${n % 50}.1`))

let sent = 0
function ask(socket: Socket, below: string): void {
  const name = parseName(`x${sent.toString(36)}-${Math.random().toString(36).slice(2)}.${below}`)
  const packet = encodeMessage(createQuery({ name, type: 1, class: 1 }, { id: sent++ & 0xffff }))
  socket.send(packet, port, '127.0.0.1', () => {})
}

let last = performance.now()
const timer = setInterval(() => {
  const now = performance.now()
  const count = Math.round(((now - last) * perSecond) / 1000)
  last = now
  for (let n = 0; n < count; n++) {
    const kind = n % 3
    if (kind === 0) ask(program, 'victim.example')
    else if (kind === 1) ask(greedy, `s${sent % 1000}.slow.example`)
    else ask(crowd[sent % CROWD] as Socket, 'victim.example')
  }
}, TICK)
process.send?.({ ready: true })
process.once('disconnect', () => {
  clearInterval(timer)
  for (const socket of [program, greedy, ...crowd]) socket.close()
})
