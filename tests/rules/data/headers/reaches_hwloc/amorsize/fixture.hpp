/// A fixture: reaches hwloc.
#pragma once

#include <hwloc.h>
