// @ts-check
// What hnviz takes from Streamlit's page, each name once. Style sheets write `:--main` for "main": the server
// puts the selector in its place (hnviz/web/assets.py). Python reads the braces as JSON.
// tests/test_streamlit_dom.py finds each of them in a browser, on a page that uses it.

/** Name -> selector. */
export const DOM = {
  "app": ".stApp",
  "idle": ".stApp[data-test-script-state=notRunning]",
  "view": ".stAppViewContainer",
  "header": "[data-testid=stHeader]",
  "menu": "[data-testid=stMainMenu]",
  "status": "[data-testid=stStatusWidget]",
  "script": "script[src*='static/js/']",
  "main": ".stMain",
  "content": ".stMainBlockContainer",
  "sidebar": ".stSidebar",
  "shownSidebar": ".stSidebar[data-collapsed=false]",
  "sidebarHeader": "[data-testid=stSidebarHeader]",
  "sidebarContent": "[data-testid=stSidebarUserContent]",
  "nav": "[data-testid=stSidebarNav]",
  "navLink": "[data-testid=stSidebarNavLink]",
  "expandSidebar": "[data-testid=stExpandSidebarButton]",
  "block": ".stVerticalBlock",
  "wrapper": "[data-testid=stLayoutWrapper]",
  "element": ".stElementContainer",
  "skeleton": "[data-testid=stSkeleton]",
  "expander": "[data-testid=stExpander]",
  "icon": "[data-testid=stIconMaterial]",
  "markdown": ".stMarkdown",
  "html": ".stHtml",
  "pageLink": ".stPageLink",
  "checkbox": ".stCheckbox",
  "selectbox": ".stSelectbox",
  "option": "[role=listbox] [role=option]",
  "label": "[data-testid=stWidgetLabel]",
  "help": ".stTooltipHoverTarget",
  "helpText": "[data-testid=stTooltipContent]"
};

/** The sidebar's attribute that says whether it is away. */
export const COLLAPSED = "data-collapsed";
