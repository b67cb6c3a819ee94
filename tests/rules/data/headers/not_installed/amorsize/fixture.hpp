/// A fixture: in no list of headers to install.
#pragma once
