// Compiled only: the package can be required, too.
import pintle = require("pintle");

const host: pintle.Host = new pintle.Host();
void host.close();
