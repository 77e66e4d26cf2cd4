import type { AnyRoute } from '@tanstack/react-router';
import { campaignRoutes } from './campaigns';
import { homeRoutes } from './home';
import { loyaltyRoutes } from './loyalty';
import { marketRoutes } from './market';
import { profileRoutes } from './profiles';
import { messageRoutes } from './messages';
import { segmentRoutes } from './segments';
import { settingsRoutes } from './settings';

/** Every area's routes, listed once. */
export const areaRoutes: AnyRoute[] = [
  ...homeRoutes,
  ...marketRoutes,
  ...loyaltyRoutes,
  ...profileRoutes,
  ...messageRoutes,
  ...campaignRoutes,
  ...segmentRoutes,
  ...settingsRoutes,
];
