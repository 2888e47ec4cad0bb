import type { Config } from '../../config/config.ts'
import { isPublicAddress } from '../../lib/ip.ts'
import type { Block } from '../../model/block.ts'
import type { Client } from '../../model/client.ts'
import type { EventRecorder } from '../workspace-events.ts'
import type { AbuseRule } from './rules.ts'
import type { Trial } from './trial.ts'

interface Ears extends Pick<Config, 'logger'> {
  readonly events: EventRecorder
}

/** Tells of a block that was made: the operator, and the owner of the client, where there is one. */
export async function tellOfBlock(
  { logger, events }: Ears,
  trial: Trial,
  { reason, sentence }: AbuseRule,
  block: Block,
  client: Client | undefined,
): Promise<void> {
  const { id, subject, answer, score, createdAt, expiresAt, facts } = block
  logger.warn(
    { block: id, subject, reason, answer, score, expiresAt, requestId: trial.request.requestId },
    isPublicAddress(trial.ip)
      ? 'Somebody tried too much and has to wait.'
      : "Somebody tried too much and has to wait. The address is none of the public Internet: if every caller seems to come from it, set the framework's proxy option.",
  )
  if (client === undefined) return
  await events.record({
    at: createdAt,
    workspaceId: client.workspaceId,
    clientId: client.id,
    type: `abuse.${reason}`,
    // However many addresses take part, an owner hears of it once an hour; the blocks are listed one by one.
    key: `abuse ${reason} ${client.id} ${createdAt.toISOString().slice(0, 13)}`,
    message: `${client.name} ${sentence}. ${
      answer === 'block' ? 'Whoever it was is blocked' : 'Whoever it was has to wait'
    } until ${expiresAt.toISOString()}; lift it if it was you.`,
    data: { block: id, reason, answer, score, expires_at: expiresAt.toISOString(), ...facts },
  })
}
