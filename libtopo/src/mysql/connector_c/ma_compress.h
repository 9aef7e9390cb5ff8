// mysql/client_plugin.h of Connector/C includes a header of this name, which its packages do not contain.
#pragma once

typedef struct ma_compress_ctx_st ma_compress_ctx;
