// It stands on the context's floor, because consent depends on it as well.
export { type ClaimRequest, type ClaimsRequest, parseClaimsRequest } from '../context/claims-request.ts'
