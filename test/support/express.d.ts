/**
 * As much of express as tests use; its own types are not installed.
 */
declare module "express" {
  import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"

  export type Request = IncomingMessage
  export type Response = ServerResponse
  export type NextFunction = () => void
  export type RequestHandler = (request: Request, response: Response, next: NextFunction) => unknown

  interface Application extends RequestListener {
    use(handler: RequestHandler): this
  }

  export default function express(): Application
}
