/* The valid values of CS attributes: the defined terms and enumerated values of PS3.3 for
 * projection radiographs, and a few other common terms. */
#include <string.h>

#include "base/ascii.h"
#include "dicom/dataset.h"
#include "dicom/deid_values.h"

#define T SX_TAG

static const char character_sets[] =
    "ISO_IR 6|ISO_IR 13|ISO_IR 100|ISO_IR 101|ISO_IR 109|ISO_IR 110|ISO_IR 126|ISO_IR 127|"
    "ISO_IR 138|ISO_IR 144|ISO_IR 148|ISO_IR 166|ISO_IR 192|ISO_IR 203|GB18030|GBK|"
    "ISO 2022 IR 6|ISO 2022 IR 13|ISO 2022 IR 58|ISO 2022 IR 87|ISO 2022 IR 100|ISO 2022 IR 101|"
    "ISO 2022 IR 109|ISO 2022 IR 110|ISO 2022 IR 126|ISO 2022 IR 127|ISO 2022 IR 138|"
    "ISO 2022 IR 144|ISO 2022 IR 148|ISO 2022 IR 149|ISO 2022 IR 159|ISO 2022 IR 166|"
    "ISO 2022 IR 203";

static const char image_types[] =
    "ORIGINAL|DERIVED|PRIMARY|SECONDARY|AXIAL|LOCALIZER|OTHER|NONE|LEFT|RIGHT|SINGLE PLANE|"
    "BIPLANE A|BIPLANE B|SINGLE A|SINGLE B|POST_PROCESSED|PROCESSED|STITCHED|COMPOSITE|"
    "PROJECTION|PROJECTION IMAGE|RADIOGRAPH|GENERATED_2D|SUBTRACTION|DUAL_ENERGY|"
    "EDGE_ENHANCED|MIXED|RESAMPLED|VOLUME|TOMOSYNTHESIS|FLUORO|FLUOROSCOPY|SPOT|MAGNIFIED";

static const char modalities[] =
    "CR|DX|RG|RF|XA|MG|PX|IO|CT|MR|US|NM|PT|OT|SC|XC|BI|BMD|DG|ES|ECG|EPS|GM|HC|HD|IVUS|IVOCT|KO|"
    "LS|LEN|LP|OCT|OP|OPM|OPT|OPV|OSS|PLAN|PR|REG|RESP|RTDOSE|RTIMAGE|RTPLAN|RTRECORD|RTSTRUCT|RWV|"
    "SEG|SM|SMR|SR|SRF|STAIN|TG|VA|CD|DD|DF|DS|FA|CF|CP|CS|EC|FS|MA|MS|ST|VF|AR|AU|KER|DOC|FID";

/* PS3.16 annex L, and other common terms for the spine. */
static const char body_parts[] =
    "ABDOMEN|ABDOMENPELVIS|ACJOINT|ADRENAL|ANKLE|ANUS|AORTA|ARM|AXILLA|BACK|BILEDUCT|BLADDER|"
    "BRAIN|BREAST|BRONCHUS|BUTTOCK|CALCANEUS|CALF|CAROTID|CEREBELLUM|CERVIX|CHEEK|CHEST|"
    "CHESTABDOMEN|CHESTABDPELVIS|CIRCLEOFWILLIS|CLAVICLE|COCCYX|COLON|CORNEA|CORONARYARTERY|CSPINE|"
    "CTSPINE|CERVICOTHORACIC|DUODENUM|EAR|ELBOW|ESOPHAGUS|EXTREMITY|EYE|EYELID|FACE|FACIALBONES|"
    "FEMUR|FIBULA|FINGER|FLANK|FOOT|FOREARM|GALLBLADDER|HAND|HEAD|HEADNECK|HEART|HIP|HIPS|"
    "HUMERUS|IAC|ILEUM|ILIUM|JAW|JEJUNUM|KIDNEY|KNEE|KNEES|LARYNX|LEG|LIVER|LOWERLEG|LOWERLIMB|"
    "LARGEINTESTINE|LSPINE|LSSPINE|LUMBOSACRAL|LUNG|MANDIBLE|MASTOID|MAXILLA|MEDIASTINUM|MOUTH|"
    "NASALBONE|NECK|"
    "NASOPHARYNX|NECKCHEST|NECKCHESTABDOMEN|NECKCHESTABDPELV|NOSE|OPTICCANAL|ORBIT|OVARY|PANCREAS|"
    "PAROTID|"
    "PATELLA|PELVIS|PELVISLOWEXTREMT|PENIS|PHARYNX|PROSTATE|RADIUS|RADIUSULNA|RECTUM|RIB|RIBS|"
    "SACROCOCCYGEAL|SCROTUM|"
    "SCALP|SCAPULA|SCLERA|SELLA|SESAMOID|SHOULDER|SIJOINT|SINUS|SKULL|SMALLINTESTINE|SPINE|SPLEEN|"
    "SCJOINT|SSPINE|"
    "SACRUM|STERNUM|STOMACH|SUBMANDIBULAR|TESTIS|THIGH|THORAX|THUMB|THYMUS|THYROID|TIBIA|"
    "TIBIAFIBULA|TLSPINE|TMJ|TOE|TONGUE|TRACHEA|TSPINE|ULNA|UPPERARM|UPPERLIMB|UPRURINARYTRACT|"
    "URETER|"
    "URETHRA|UTERUS|VAGINA|VULVA|WHOLEBODY|WHOLESPINE|WRIST|ZYGOMA|C-SPINE|T-SPINE|L-SPINE|"
    "C SPINE|T SPINE|L SPINE|CERVICAL SPINE|THORACIC SPINE|LUMBAR SPINE|WHOLE SPINE|FULL SPINE|"
    "CERVICAL|THORACIC|LUMBAR|FULLSPINE";

static const char views[] =
    "AP|PA|LL|RL|RLD|LLD|RLO|LLO|RAO|LAO|RPO|LPO|LAT|LATERAL|OBL|OBLIQUE|AX|AXIAL|FRONTAL|SUNRISE|"
    "TANGENTIAL|SWIMMERS|ODONTOID|OPEN MOUTH|TOWNE|WATERS|CALDWELL|SKYLINE|MERCHANT|FLEXION|"
    "EXTENSION|FLEX|EXT|DECUB|DECUBITUS|ERECT|SUPINE|PRONE|STANDING|CC|MLO|ML|LM|XCCL|XCCM|SIO|LMO|"
    "FB|CV|AT";

static const struct list {
    uint32_t tag;
    const char *terms; /* divided by | */
} lists[] = {
    { T(0x0008, 0x0005), character_sets },
    { T(0x0008, 0x0008), image_types },
    { T(0x0008, 0x0060), modalities },
    { T(0x0008, 0x0061), modalities },
    { T(0x0008, 0x0064), "DV|DI|DF|WSD|SD|SI|DRW|SYN" },
    { T(0x0008, 0x0068), "FOR PRESENTATION|FOR PROCESSING" },
    { T(0x0008, 0x9205), "MONOCHROME|COLOR|MIXED|TRUE_COLOR" },
    { T(0x0008, 0x9206), "VOLUME|SAMPLED|DISTORTED|MIXED" },
    { T(0x0010, 0x0040), "M|F|O" },
    { T(0x0018, 0x0015), body_parts },
    { T(0x0018, 0x1140), "CW|CC" },
    { T(0x0018, 0x1147), "ROUND|RECTANGLE|HEXAGONAL" },
    { T(0x0018, 0x1155), "SC|GR" },
    { T(0x0018, 0x1156), "SINGLE PHASE|THREE PHASE|CONST POTENTIAL" },
    { T(0x0018, 0x115A), "CONTINUOUS|PULSED" },
    { T(0x0018, 0x1166), "FIXED|FOCUSED|RECIPROCATING|PARALLEL|CROSSED|IN|NONE" },
    { T(0x0018, 0x1191), "TUNGSTEN|MOLYBDENUM|RHODIUM" },
    { T(0x0018, 0x1508), "CARM|COLUMN|MAMMOGRAPHIC|PANORAMIC|CEPHALOSTAT|RIGID|NONE" },
    { T(0x0018, 0x1600), "RECTANGULAR|CIRCULAR|POLYGONAL|BITMAP" },
    { T(0x0018, 0x1700), "RECTANGULAR|CIRCULAR|POLYGONAL" },
    { T(0x0018, 0x1800), "Y|N" },
    { T(0x0018, 0x5100),
      "HFP|HFS|HFDR|HFDL|FFDR|FFDL|FFP|FFS|LFP|LFS|RFP|RFS|AFDR|AFDL|PFDR|PFDL" },
    { T(0x0018, 0x5101), views },
    { T(0x0018, 0x7004), "DIRECT|SCINTILLATOR|STORAGE|FILM" },
    { T(0x0018, 0x7005), "AREA|SLOT" },
    { T(0x0018, 0x7050),
      "ALUMINUM|COPPER|MOLYBDENUM|RHODIUM|SILVER|NIOBIUM|EUROPIUM|LEAD|TIN|MIXED" },
    { T(0x0018, 0x7060), "MANUAL|AUTOMATIC" },
    { T(0x0018, 0x7062), "EXPOSURE TIME|TIME|MAS|MANUAL|PHOTOTIMER" },
    { T(0x0018, 0x7064), "NORMAL|ABORTED" },
    { T(0x0018, 0x9004), "PRODUCT|RESEARCH|SERVICE" },
    { T(0x0020, 0x0060), "L|R|B|U" },
    { T(0x0020, 0x0062), "L|R|B|U" },
    { T(0x0020, 0x9072), "L|R|B|U|M" },
    { T(0x0028, 0x0004),
      "MONOCHROME1|MONOCHROME2|PALETTE COLOR|RGB|YBR_FULL|YBR_FULL_422|YBR_PARTIAL_422|"
      "YBR_PARTIAL_420|YBR_ICT|YBR_RCT" },
    { T(0x0028, 0x0300), "YES|NO|BOTH" },
    { T(0x0028, 0x0A02), "GEOMETRY|FIDUCIAL" },
    { T(0x0028, 0x1040), "LIN|LOG|DISP|TO|EDW|SQRT" },
    { T(0x0028, 0x1054), "OD|HU|US|MGML|Z_EFF|ED|EDW|HU_MOD|PCT" },
    { T(0x0028, 0x1056), "LINEAR|LINEAR_EXACT|SIGMOID" },
    { T(0x0028, 0x1090), "SUB|NAT" },
    { T(0x0028, 0x2110), "00|01" },
    { T(0x0028, 0x2114),
      "ISO_10918_1|ISO_14495_1|ISO_15444_1|ISO_15444_15|ISO_18181_1|ISO_13818_2|ISO_14496_10|"
      "ISO_23008_2" },
    { T(0x0028, 0x3004), "OD|HU|US|MGML|Z_EFF|ED|EDW|HU_MOD|PCT" },
    { T(0x2050, 0x0020), "IDENTITY|INVERSE|LIN OD" },
};

/* Copies the term; the comparison ignores case. */
static bool in_list(const char *terms, const char *value, char out[SX_DEID_VALUE]) {
    const size_t n = strlen(value);
    for (const char *p = terms; n && *p;) {
        const size_t length = strcspn(p, "|");
        if (length == n && n < SX_DEID_VALUE && sx_equal_letters_n(p, value, n)) {
            memcpy(out, p, n);
            out[n] = '\0';
            return true;
        }
        p += length + (p[length] == '|');
    }
    return false;
}

/* Patient Orientation (PS3.3 C.7.6.1.1.1): up to three of A P L R H F, no direction twice. */
static bool is_direction(const char *value, char out[SX_DEID_VALUE]) {
    static const char axes[] = "APLRHF";
    unsigned seen = 0;
    const size_t n = strlen(value);
    if (n < 1 || n > 3) return false;
    for (size_t i = 0; i < n; i++) {
        const char *p = strchr(axes, value[i]);
        if (!p) return false;
        const unsigned axis = 1u << ((p - axes) / 2);
        if (seen & axis) return false;
        seen |= axis;
    }
    memcpy(out, value, n + 1);
    return true;
}

const char *sx_deid_terms(uint32_t tag) {
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (lists[i].tag == tag) return lists[i].terms;
    return NULL;
}

bool sx_deid_term(uint32_t tag, const char *value, bool *listed, char out[SX_DEID_VALUE]) {
    *listed = true;
    out[0] = '\0';
    if (tag == T(0x0020, 0x0020)) return is_direction(value, out);
    const char *terms = sx_deid_terms(tag);
    *listed = terms != NULL;
    return in_list(terms ? terms : "YES|NO", value, out);
}
