export * from './client.js';
export * from './errors.js';
export type { FollowOptions } from './feed.js';
export * from './version.js';
export * from './webhooks.js';
export * from './apis/index.js';
export * from './models/index.js';
export type { ApiResponse } from './runtime.js';
