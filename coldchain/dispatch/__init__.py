"""The day's dispatch: orders to tours, route sheets and a map; above plans and reports, which it reads and reuses."""
