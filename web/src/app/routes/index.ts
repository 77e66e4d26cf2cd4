import type { AnyRoute } from '@tanstack/react-router';
import { homeRoutes } from './home';
import { settingsRoutes } from './settings';

/** Every area's routes, listed once. */
export const areaRoutes: AnyRoute[] = [
  ...homeRoutes,
  ...settingsRoutes,
];
