import { STATUS_CODES } from 'node:http'
import type { HttpError } from '../errors.ts'
import { type HttpResponse, jsonResponse } from './response.ts'

/** What a kind of problem is called, and what to do about it. */
interface Kind {
  readonly title: string
  readonly fix: string
}

const NEW_TOKEN: Kind = {
  title: 'The access token is not good',
  fix: 'Get an access token with resource=<issuer>/manage/v1 and the scope manage:read or manage.',
}
const NEW_PROOF: Kind = {
  title: 'The DPoP proof is not good',
  fix: 'Make a new DPoP proof for this request, with the nonce of the DPoP-Nonce field where there is one.',
}

/** Every kind of problem of the management API, by its code. */
export const PROBLEM_KINDS: Readonly<Record<string, Kind>> = {
  invalid_token: NEW_TOKEN,
  invalid_dpop_proof: NEW_PROOF,
  use_dpop_nonce: NEW_PROOF,
  insufficient_scope: {
    title: 'The access token lacks a scope',
    fix: 'Get an access token with the scope that the challenge names; the client has to be granted it.',
  },
  not_permitted: {
    title: 'Whoever asks is not permitted this',
    fix: 'A member asks an owner of the workspace to do it, or for another role; a client that acts for itself needs the token of a member whose role allows it.',
  },
  workspace_not_found: {
    title: 'There is no such workspace',
    fix: 'Check the id. A user sees workspaces that they are a member of, a client sees its own.',
  },
  client_not_found: {
    title: 'There is no such client',
    fix: 'Check the id. A workspace sees its own clients.',
  },
  block_not_found: {
    title: 'There is no such block',
    fix: 'Check the id. A workspace sees the blocks that its own clients were the reason for.',
  },
  invoice_not_found: {
    title: 'There is no such invoice',
    fix: 'Take a number of the list of invoices.',
  },
  pdf_not_configured: {
    title: 'This XWMS writes no PDF',
    fix: 'Take format=html and print it; or the operator sets the option invoices.pdf, such as to invoicePdf of @xwms/invoice-pdf.',
  },
  glyph_missing: {
    title: 'The font cannot write a name on the invoice',
    fix: 'Take format=html, which a browser has fonts for; or the operator gives a font that has the character, in the option invoices.pdf: invoice => invoicePdf(invoice, { regular }).',
  },
  rate_limited: {
    title: 'Too many requests',
    fix: 'Wait for as many seconds as Retry-After says; RateLimit and RateLimit-Policy tell how many there may be.',
  },
  unknown_plan: {
    title: 'The plan is not configured any more',
    fix: 'The operator adds the plan to the option plans, or moves the workspace to another one.',
  },
  changed_meanwhile: {
    title: 'Others changed it meanwhile',
    fix: 'See what it is now, and ask again.',
  },
  validation_failed: {
    title: 'Something of the request is not good',
    fix: 'Mend each of the fields; they are named together.',
  },
  not_found: {
    title: 'There is nothing at this path',
    fix: 'Compare the path with the documentation of the usage API.',
  },
  method_not_allowed: {
    title: 'The method is not allowed here',
    fix: 'Use a method of the Allow field.',
  },
  malformed_body: {
    title: 'The body cannot be read',
    fix: 'Send one complete JSON object in UTF-8.',
  },
  body_too_large: { title: 'The body is too large', fix: 'Send less.' },
  unsupported_media_type: {
    title: 'The body is of another type',
    fix: 'Send Content-Type: application/json, without Content-Encoding.',
  },
  issuer_not_configured: {
    title: 'This XWMS has no issuer',
    fix: 'The operator sets the option issuer.',
  },
  storage_unavailable: {
    title: 'The service is unavailable',
    fix: 'Try again after as many seconds as Retry-After says.',
  },
  server_error: {
    title: 'Something went wrong',
    fix: 'Tell the operator the request id.',
  },
}

/** The body of a refusal of the management API: a problem of RFC 9457, with the kit's code, request id and remedy beside it. */
export function problemResponse(error: HttpError, requestId: string): HttpResponse {
  const { status, code, message, fields, headers } = error
  const { title, fix } = PROBLEM_KINDS[code] ?? {
    title: STATUS_CODES[status] ?? 'Refused',
    fix: 'Tell the operator the request id.',
  }
  return jsonResponse(
    status,
    {
      type: `urn:xwms:problem:${code}`,
      title,
      status,
      detail: message,
      code,
      request_id: requestId,
      fix,
      ...(fields && { fields }),
    },
    { 'content-type': 'application/problem+json', ...headers },
  )
}
