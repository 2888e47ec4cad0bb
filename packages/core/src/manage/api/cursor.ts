import * as z from 'zod'
import type { ManagedCall } from '../../context/endpoint.ts'
import { sha256 } from '../../lib/hash.ts'
import { string } from '../../lib/schema.ts'
import { validationFailed } from './query.ts'

/** Where a list goes on, and which question that list is the answer to. */
export interface Cursor<Place> {
  readonly question: string
  readonly place: Place
}

/** What may differ from one page to the next: how much of the answer is asked for, and in which form. */
const OF_A_PAGE: readonly string[] = ['cursor', 'limit', 'format']

const QUESTION_LENGTH = 12
const MALFORMED = 'must be the next_cursor of the page before'

/** The parameter `cursor` of a list whose places `read` finds in their text. */
export function cursorOf<Place>(read: (text: string) => Place | undefined) {
  return string('must be given once')
    .transform((text, context): Cursor<Place> => {
      const place = read(text.slice(QUESTION_LENGTH))
      if (place !== undefined) return { question: text.slice(0, QUESTION_LENGTH), place }
      context.addIssue({ code: 'custom', message: MALFORMED })
      return z.NEVER
    })
    .optional()
}

/**
 * A short digest of a question. It is no secret and keeps nobody from anything: a place in one list is taken for none in another, in
 * which rows before it would be left out without a word.
 * @param since where the answer begins, for a list that by default begins somewhere else at another time
 */
export function questionOf(path: string, query: URLSearchParams, since?: Date): string {
  const asked = [...query].filter(([name]) => !OF_A_PAGE.includes(name))
  return sha256(JSON.stringify([path, asked.sort(), since])).slice(0, QUESTION_LENGTH)
}

/** A place in the answer to a call as text that callers give back unread. */
export function writeCursor({ request, query }: ManagedCall, place: string, since?: Date): string {
  return questionOf(request.path, query, since) + place
}

/**
 * The place where a call wants its list to go on; `undefined` for the beginning.
 * @throws {HttpError} 422 `validation_failed`, for a cursor of another list or of another question
 */
export function placeIn<Place>(
  { request, query }: ManagedCall,
  cursor: Cursor<Place> | undefined,
  since?: Date,
): Place | undefined {
  if (cursor === undefined || cursor.question === questionOf(request.path, query, since)) return cursor?.place
  throw validationFailed({
    cursor: `${MALFORMED}; this one is of a page that something else was asked for, which begins anew without it`,
  })
}
