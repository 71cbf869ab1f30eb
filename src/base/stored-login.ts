/** What is kept of a login at an MCP server, and of the client it was made with: the forms in which they stand in files. */

/** Other programs of the same home read and write it too. */
export interface StoredLogin {
  readonly server_name: string;
  readonly server_url: string;
  /** Absent in older entries. */
  readonly issuer?: string | undefined;
  readonly client_id: string;
  readonly access_token: string;
  /** Milliseconds since 1970; absent: never refreshed early. */
  readonly expires_at?: number | null | undefined;
  readonly refresh_token?: string | null | undefined;
  readonly scopes?: readonly string[] | undefined;
}

/** A client that was registered at an authorization server. */
export interface Registration {
  readonly issuer: string;
  readonly client_id: string;
  /** Exactly as registered. */
  readonly redirect_uri: string;
  readonly scopes: readonly string[];
}
