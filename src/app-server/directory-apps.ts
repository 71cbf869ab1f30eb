/** Apps as the vendor's directory describes them, read page by page and made into what clients are told. */
import * as z from 'zod/mini';
import type { AppBranding, AppInfo, AppMetadata } from '../protocol/app/index.ts';

const text = z.nullish(z.string());
const flag = z.nullish(z.boolean());
const texts = z.nullish(z.array(z.string()));
const assets = z.nullish(z.record(z.string(), z.string()));

const Screenshot = z.object({ url: text, fileId: text, file_id: text, userPrompt: text, user_prompt: text });

const Branding = z.object({
  ...{ category: text, developer: text, website: text, privacyPolicy: text, termsOfService: text },
  isDiscoverableApp: z.boolean(),
});

const Metadata = z.object({
  review: z.nullish(z.object({ status: z.string() })),
  ...{ categories: texts, subCategories: texts, seoDescription: text, screenshots: z.nullish(z.array(Screenshot)) },
  ...{ developer: text, version: text, versionId: text, versionNotes: text },
  ...{ firstPartyRequiresInstall: flag, showInComposerWhenUnlinked: flag },
});

/** Most members come in two spellings. */
const Entry = z.object({
  ...{ id: z.string(), name: text, description: text, visibility: text, labels: assets, branding: z.nullish(Branding) },
  ...{ logoUrl: text, logo_url: text, logoUrlDark: text, logo_url_dark: text, distributionChannel: text, distribution_channel: text },
  ...{ iconAssets: assets, icon_assets: assets, iconDarkAssets: assets, icon_dark_assets: assets },
  ...{ appMetadata: z.nullish(Metadata), app_metadata: z.nullish(Metadata) },
});
type Entry = z.output<typeof Entry>;

const Page = z.object({ apps: z.array(Entry), nextToken: text, next_token: text });

export interface DirectoryPage {
  readonly entries: readonly Entry[];
  /** Undefined: it was the last one. */
  readonly next: string | undefined;
}

/** Throws for anything but a page of the directory. */
export function readPage(body: string): DirectoryPage {
  const page = Page.safeParse(parsed(body));
  if (!page.success) throw new Error('Failed to parse JSON response');
  const { apps, nextToken, next_token } = page.data;
  return { entries: apps, next: filled(nextToken ?? next_token) };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const filled = (value: string | null | undefined): string | undefined => (value?.trim() ? value.trim() : undefined);

/** Sorted by name. Hidden entries are left out; of two with one id the first gives the name, the last the description. */
export function appsOf(entries: readonly Entry[]): AppInfo[] {
  const byId = new Map<string, AppInfo>();
  for (const entry of entries) {
    if (entry.visibility === 'HIDDEN') continue;
    const app = appOf(entry);
    const before = byId.get(entry.id);
    byId.set(entry.id, before ? merged(before, app) : app);
  }
  return sortedApps([...byId.values()].map(finished));
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const sortedApps = (apps: readonly AppInfo[]): AppInfo[] => [...apps].sort((a, b) => order(a.name, b.name) || order(a.id, b.id));

/** The name may be empty still. */
function appOf(entry: Entry): AppInfo {
  const metadata = entry.appMetadata ?? entry.app_metadata;
  return {
    id: entry.id,
    name: filled(entry.name) ?? '',
    description: filled(entry.description) ?? null,
    logoUrl: entry.logoUrl ?? entry.logo_url ?? null,
    logoUrlDark: entry.logoUrlDark ?? entry.logo_url_dark ?? null,
    iconAssets: entry.iconAssets ?? entry.icon_assets ?? null,
    iconDarkAssets: entry.iconDarkAssets ?? entry.icon_dark_assets ?? null,
    distributionChannel: entry.distributionChannel ?? entry.distribution_channel ?? null,
    branding: entry.branding ? brandingOf(entry.branding) : null,
    appMetadata: metadata ? metadataOf(metadata) : null,
    labels: entry.labels ?? null,
    installUrl: null,
    isAccessible: false,
    isEnabled: true,
    pluginDisplayNames: [],
  };
}

const brandingOf = (branding: z.output<typeof Branding>): AppBranding => ({
  category: branding.category ?? null,
  developer: branding.developer ?? null,
  website: branding.website ?? null,
  privacyPolicy: branding.privacyPolicy ?? null,
  termsOfService: branding.termsOfService ?? null,
  isDiscoverableApp: branding.isDiscoverableApp,
});

const metadataOf = (metadata: z.output<typeof Metadata>): AppMetadata => ({
  review: metadata.review ?? null,
  categories: metadata.categories ?? null,
  subCategories: metadata.subCategories ?? null,
  seoDescription: metadata.seoDescription ?? null,
  screenshots:
    metadata.screenshots?.map((shot) => ({
      url: shot.url ?? null,
      fileId: shot.fileId ?? shot.file_id ?? null,
      userPrompt: shot.userPrompt ?? shot.user_prompt ?? '',
    })) ?? null,
  developer: metadata.developer ?? null,
  version: metadata.version ?? null,
  versionId: metadata.versionId ?? null,
  versionNotes: metadata.versionNotes ?? null,
  firstPartyRequiresInstall: metadata.firstPartyRequiresInstall ?? null,
  showInComposerWhenUnlinked: metadata.showInComposerWhenUnlinked ?? null,
});

/** What the first entry leaves out, the second fills in. */
function merged(first: AppInfo, second: AppInfo): AppInfo {
  const given = Object.fromEntries(Object.entries(first).filter(([, value]) => value !== null && value !== ''));
  return { ...second, ...given, description: second.description ?? first.description };
}

function finished(app: AppInfo): AppInfo {
  const slug = app.name
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replace(/[^a-z0-9]/gu, '-')
    .replace(/^-+|-+$/g, '');
  return { ...app, name: app.name || app.id, installUrl: `https://chatgpt.com/apps/${slug || 'app'}/${app.id}` };
}

/** The apps with these ids. One that the directory does not know is shown by its id. */
export function appsWithIds(ids: readonly string[], known: readonly AppInfo[]): AppInfo[] {
  const byId = new Map(known.map((app) => [app.id, app]));
  return sortedApps(ids.map((id) => byId.get(id) ?? finished(appOf({ id }))));
}
