/* The rules for films (film_rules.h). Terms: DICOM PS3.3 C.7.3.1.1.1 (Modality), PS3.16 Annex L
 * (BodyPartExamined), PS3.16 CID 4031 (regions), PS3.4 B.5 (SOP classes). */
#include "dicom/film_rules.h"

#define STORAGE "1.2.840.10008.5.1.4.1.1."
#define KIND(value, what)                                                                          \
    { SX_SCOPE_MODALITY, value, SX_SHOWS_OTHER, what, false }
#define CLASS(value, what)                                                                         \
    { SX_SCOPE_SOP_CLASS, STORAGE value, SX_SHOWS_OTHER, what, false }
#define SPINE(value)                                                                               \
    { SX_SCOPE_WORD, value, SX_SHOWS_SPINE, NULL, false }
#define SPINE_CODE(value)                                                                          \
    { SX_SCOPE_PART, value, SX_SHOWS_SPINE, NULL, false }
#define NEAR(value, what)                                                                          \
    { SX_SCOPE_WORD, value, SX_SHOWS_NEAR, what, false }
#define OTHER(value, what)                                                                         \
    { SX_SCOPE_WORD, value, SX_SHOWS_OTHER, what, false }
#define PART(value, what)                                                                          \
    { SX_SCOPE_PART, value, SX_SHOWS_OTHER, what, false }
#define NEAR_PART(v, what)                                                                         \
    { SX_SCOPE_PART, v, SX_SHOWS_NEAR, what, false }
#define OTHER_PHRASE(value, what)                                                                  \
    { SX_SCOPE_WORD, value, SX_SHOWS_OTHER, what, true }
#define NEAR_PHRASE(value, what)                                                                   \
    { SX_SCOPE_WORD, value, SX_SHOWS_NEAR, what, true }
#define POSTURE(value)                                                                             \
    { SX_SCOPE_WORD, value, SX_SHOWS_UNKNOWN, NULL, true }
#define VIEW(value, what)                                                                          \
    { SX_SCOPE_VIEW, value, SX_SHOWS_OTHER, what, false }

/* clang-format off */
static const sx_film_rule rules[] = {
    /* Not listed, so accepted: CR, DX, RG, RF, XR, SC, OT, and whatever is unknown. */
    KIND("CT", "computed tomography"),        KIND("CTA", "computed tomography"),
    KIND("CTSCAN", "computed tomography"),    KIND("CT SCAN", "computed tomography"),
    KIND("MR", "magnetic resonance"),         KIND("MRI", "magnetic resonance"),
    KIND("MRA", "magnetic resonance"),
    KIND("US", "ultrasound"),                 KIND("BDUS", "ultrasound"),
    KIND("IVUS", "ultrasound"),               KIND("EC", "echocardiography"),
    KIND("MG", "mammography"),                KIND("NM", "nuclear medicine"),
    KIND("ST", "nuclear medicine"),           KIND("PT", "positron emission tomography"),
    KIND("XA", "angiography"),                KIND("DS", "angiography"),
    KIND("BMD", "bone densitometry"),         KIND("IO", "an intraoral radiograph"),
    KIND("PX", "a panoramic dental film"),    KIND("ES", "endoscopy"),
    KIND("GM", "microscopy"),                 KIND("SM", "slide microscopy"),
    KIND("XC", "a photograph"),               KIND("DMS", "a photograph"),
    KIND("OP", "ophthalmology"),              KIND("OPT", "ophthalmology"),
    KIND("OPM", "ophthalmology"),             KIND("OPV", "ophthalmology"),
    KIND("OCT", "optical tomography"),        KIND("IVOCT", "optical tomography"),
    KIND("TG", "thermography"),               KIND("ECG", "a waveform"),
    KIND("EPS", "a waveform"),                KIND("HD", "a waveform"),
    KIND("RTIMAGE", "radiotherapy"),          KIND("RTDOSE", "radiotherapy"),
    KIND("RTSTRUCT", "radiotherapy"),         KIND("RTPLAN", "radiotherapy"),
    KIND("RTRECORD", "radiotherapy"),         KIND("SR", "a report"),
    KIND("DOC", "a document"),                KIND("PR", "a presentation state"),
    KIND("KO", "a selection of images"),      KIND("SEG", "a segmentation"),
    KIND("REG", "a registration"),            KIND("AU", "audio"),
    KIND("M3D", "a 3D model"),

    /* Not listed, so accepted: CR, DX for presentation and for processing, secondary capture. */
    CLASS("2", "computed tomography"),        CLASS("2.*", "computed tomography"),
    CLASS("4", "magnetic resonance"),         CLASS("4.*", "magnetic resonance"),
    CLASS("3", "ultrasound"),                 CLASS("3.1", "ultrasound"),
    CLASS("6", "ultrasound"),                 CLASS("6.*", "ultrasound"),
    CLASS("5", "nuclear medicine"),           CLASS("20", "nuclear medicine"),
    CLASS("128", "positron emission tomography"),
    CLASS("128.*", "positron emission tomography"),
    CLASS("130", "positron emission tomography"),
    CLASS("1.2", "mammography"),              CLASS("1.2.*", "mammography"),
    CLASS("1.3", "an intraoral radiograph"),  CLASS("1.3.*", "an intraoral radiograph"),
    CLASS("12.1", "angiography"),             CLASS("12.1.*", "angiography"),
    CLASS("13.1.*", "tomosynthesis"),         CLASS("14.*", "intravascular tomography"),
    CLASS("77.1.*", "visible light"),         CLASS("9.*", "a waveform"),
    CLASS("11.*", "a presentation state"),    CLASS("66", "raw data"),
    CLASS("66.*", "no image"),                CLASS("67", "no image"),
    CLASS("88.*", "a report"),                CLASS("104.*", "a document"),
    CLASS("481.*", "radiotherapy"),

    /* Postures, which name no part. */
    POSTURE("FEET FIRST"),     POSTURE("FOOT FIRST"),     POSTURE("HEAD FIRST"),
    POSTURE("HANDS DOWN"),     POSTURE("HANDS UP"),       POSTURE("ARMS DOWN"),
    POSTURE("ARMS UP"),        POSTURE("ARMS RAISED"),    POSTURE("SHOULDERS DOWN"),
    POSTURE("FEET TOGETHER"),  POSTURE("FEET APART"),     POSTURE("KNEES BENT"),

    /* Spines and necks of other bones. "Scapula spine" may be two regions, so it is not listed. */
    NEAR_PHRASE("ILIAC SPINE*", "pelvis"),     NEAR_PHRASE("ILIACSPINE*", "pelvis"),
    NEAR_PHRASE("SPINA ILIAC*", "pelvis"),    NEAR_PHRASE("SPINE ILIACHE", "pelvis"),
    NEAR_PHRASE("SPINAE ILIAC*", "pelvis"),
    NEAR_PHRASE("ISCHIAL SPINE*", "pelvis"),   NEAR_PHRASE("SPINA ISCHIADICA", "pelvis"),
    NEAR_PHRASE("ISCHIADIC SPINE*", "pelvis"), NEAR_PHRASE("SPINE* OF ILIUM", "pelvis"),
    NEAR_PHRASE("PUBIC SPINE*", "pelvis"),     NEAR_PHRASE("NASAL SPINE*", "face"),
    NEAR_PHRASE("SPINA NASALIS", "face"),
    OTHER_PHRASE("SCAPULAR SPINE*", "scapula"), OTHER_PHRASE("SCAPULARSPINE*", "scapula"),
    OTHER_PHRASE("SPINE* OF SCAPULA*", "scapula"), OTHER_PHRASE("SPINA SCAPULA*", "scapula"),
    OTHER_PHRASE("SPINA DELLA SCAPOLA", "scapula"),
    OTHER_PHRASE("TIBIAL SPINE*", "knee"),     OTHER_PHRASE("TIBIALSPINE*", "knee"),
    OTHER_PHRASE("SPINE* OF TIBIA*", "knee"),  OTHER_PHRASE("SPINA TIBIA*", "knee"),
    OTHER_PHRASE("CALCANEAL SPINE*", "heel"),  OTHER_PHRASE("SPINA CALCANE*", "heel"),
    OTHER_PHRASE("HEEL SPINE*", "heel"),
    OTHER_PHRASE("CERVIC* FEMUR*", "hip"),     OTHER_PHRASE("CERVIC* FEMOR*", "hip"),
    OTHER_PHRASE("FEMORAL CERVIC*", "hip"),    OTHER_PHRASE("CERVICAL HIP FRACTURE*", "hip"),
    OTHER_PHRASE("CERVIC* FRACTURE* FEMUR*", "hip"), OTHER_PHRASE("CERVICAL CADERA", "hip"),
    OTHER_PHRASE("CERVICOTROCH*", "hip"),      OTHER_PHRASE("CERVICO TROCHANTER*", "hip"),
    OTHER_PHRASE("CERVICODIAPHYS*", "hip"),

    /* The spine: terms, abbreviations, words of several languages, diagnoses. */
    SPINE("*SPINE*"), SPINE("SPINAL"), SPINE("C SPIN"), SPINE("T SPIN"), SPINE("L SPIN"),
    SPINE("CERVIC*"), SPINE("ZERVIK*"),
    SPINE("LUMB"), SPINE("LUMBA*"), SPINE("LUMBO*"), SPINE("LOMBA*"), SPINE("LOMBO*"),
    SPINE("LOMBI*"), SPINE("THORACOLUMB*"), SPINE("THORACOLOMB*"),
    SPINE("TORACOLUMB*"), SPINE("TORACOLOMB*"), SPINE("DORSOLUMB*"), SPINE("DORSOLOMB*"),
    SPINE("SACR*"), SPINE("KREUZBEIN"), SPINE("COCCY*"), SPINE("COCCIX"), SPINE("STEISSBEIN"),
    SPINE("VERTEB*"), SPINE("SPONDYL*"), SPINE("ESPONDIL*"), SPINE("SPONDIL*"),
    SPINE("SCOLIO*"), SPINE("SKOLIO*"), SPINE("ESCOLIO*"), SPINE("KYPHO*"), SPINE("CIFO*"),
    SPINE("ODONTOID*"), SPINE("DENS AXIS"), SPINE("DENS ZIEL*"), SPINE("DENSZIEL*"),
    SPINE("SPINA"), SPINE("MYELOGR*"),
    SPINE("*WIRBEL*"), SPINE("HWS"), SPINE("BWS"), SPINE("LWS"), SPINE("*WERVEL*"),
    SPINE("CWK"), SPINE("TWK"), SPINE("LWK"), SPINE("RACHIS"), SPINE("RACHIDE*"),
    SPINE("EPINE DORSALE"), SPINE("ESPINA DORSAL"), SPINE("ESPINHA DORSAL"), SPINE("PATER"),
    SPINE("PATERE"), SPINE("GERINC*"), SPINE("LANNERANK*"), SPINE("KAULARANK*"),
    SPINE("RINTARANK*"), SPINE("SELKARANK*"), SPINE("ΣΠΟΝΔΥΛ*"), SPINE("CSTL"),
    SPINE("RAQUIS"), SPINE("COLONNE"), SPINE("COLUMNA"), SPINE("COLUNA"), SPINE("COLONNA"),
    SPINE("COT SONG"), SPINE("KREGOSLUP*"), SPINE("RYGGRAD*"), SPINE("OMURGA*"),
    SPINE("*ПОЗВОН*"), SPINE("*椎*"), SPINE("*脊*"), SPINE("*척추*"), SPINE("*경추*"),
    SPINE("*요추*"), SPINE("*흉추*"), SPINE("*천추*"),
    SPINE("ПОЯСНИЧН*"), SPINE("КРЕСТЦ*"),
    SPINE("КОПЧИК*"), SPINE("LANDRYGG*"), SPINE("HALSRYGG*"), SPINE("BROSTRYGG*"),
    SPINE("COL DORSAL*"), SPINE("CSP"), SPINE("TSP"), SPINE("LSP"), SPINE("C SP"), SPINE("T SP"),
    SPINE("L SP"),
    /* Levels, and films of the whole body, which show the spine. */
    SPINE("C1"), SPINE("C2"), SPINE("C3"), SPINE("C4"), SPINE("C5"), SPINE("C6"), SPINE("C7"),
    SPINE("T1"), SPINE("T2"), SPINE("T3"), SPINE("T4"), SPINE("T5"), SPINE("T6"), SPINE("T7"),
    SPINE("T8"), SPINE("T9"), SPINE("T10"), SPINE("T11"), SPINE("T12"), SPINE("TH12"),
    SPINE("L1"), SPINE("L2"), SPINE("L3"), SPINE("L4"), SPINE("L5"),
    SPINE("WHOLE BODY"), SPINE("FULL BODY"), SPINE("GANZKORPER*"), SPINE("CORPS ENTIER"),
    SPINE_CODE("421060004"), SPINE_CODE("122494005"), SPINE_CODE("122495006"),
    SPINE_CODE("122496007"), SPINE_CODE("297171002"), SPINE_CODE("297172009"),
    SPINE_CODE("297173004"), SPINE_CODE("1217253001"), SPINE_CODE("297174005"),
    SPINE_CODE("54735007"), SPINE_CODE("64688005"), SPINE_CODE("110517009"),
    SPINE_CODE("T 11500"), SPINE_CODE("T 11501"), SPINE_CODE("T 11502"), SPINE_CODE("T 11503"),
    SPINE_CODE("T 11AD0"), SPINE_CODE("T 11BF0"),

    /* Next to the spine, or of the same size. */
    NEAR("CHEST", "chest"),       NEAR("THORAX", "chest"),     NEAR("TORAX", "chest"),
    NEAR("TORACE", "chest"),      NEAR("LUNG*", "chest"),      NEAR("PULMON*", "chest"),
    NEAR("POUMON*", "chest"),     NEAR("NGUC", "chest"),       NEAR("CLUNG", "chest"),
    NEAR("RIB", "ribs"),          NEAR("RIBS", "ribs"),        NEAR("RIPPEN", "ribs"),
    NEAR("COSTILLAS", "ribs"),    NEAR("STERNUM", "sternum"),  NEAR("ABDOM*", "abdomen"),
    NEAR("ADDOME", "abdomen"),    NEAR("KUB", "abdomen"),      NEAR("PELVI*", "pelvis"),
    NEAR("BECKEN*", "pelvis"),    NEAR("BASSIN", "pelvis"),    NEAR("BACIA", "pelvis"),
    NEAR("BACINO", "pelvis"),     NEAR("SKULL", "skull"),
    NEAR("SCHADEL", "skull"),     NEAR("SCHAEDEL", "skull"),   NEAR("CRANE", "skull"),
    NEAR("CRANEO", "skull"),      NEAR("CRANIO", "skull"),     NEAR("CRANIUM", "skull"),
    NEAR_PART("HEAD", "head"), /* a posture in descriptions: "head first" */
    NEAR_PART("816094009", "chest"),   NEAR_PART("51185008", "chest"),
    NEAR_PART("T D3000", "chest"),     NEAR_PART("113197003", "ribs"),
    NEAR_PART("T 11300", "ribs"),      NEAR_PART("56873002", "sternum"),
    NEAR_PART("818981001", "abdomen"), NEAR_PART("818983003", "abdomen"),
    NEAR_PART("113345001", "abdomen"), NEAR_PART("T D4000", "abdomen"),
    NEAR_PART("816092008", "pelvis"),  NEAR_PART("12921003", "pelvis"),
    NEAR_PART("T D6000", "pelvis"),    NEAR_PART("69536005", "head"),
    NEAR_PART("T D1100", "head"),      NEAR_PART("89546000", "skull"),
    NEAR_PART("T 11100", "skull"),

    /* Far from the spine. */
    OTHER("HIP", "hip"),          OTHER("HIPS", "hip"),            OTHER("HUFT*", "hip"),
    OTHER("HUEFT*", "hip"),       OTHER("HANCHE*", "hip"),         OTHER("CADERA*", "hip"),
    OTHER("QUADRIL", "hip"),      OTHER("ANCA", "hip"),            OTHER("COLLUM FEMORIS", "hip"),
    OTHER("SCHENKELHALS*", "hip"), OTHER("FEMORAL NECK", "hip"),
    OTHER("FEMUR*", "femur"),     OTHER("THIGH", "thigh"),         OTHER("OBERSCHENKEL", "thigh"),
    OTHER("CUISSE", "thigh"),     OTHER("MUSLO", "thigh"),         OTHER("COXA", "thigh"),
    OTHER("KNEE*", "knee"),       OTHER("KNIE*", "knee"),          OTHER("GENOU*", "knee"),
    OTHER("RODILLA*", "knee"),    OTHER("JOELHO*", "knee"),        OTHER("GINOCCHIO", "knee"),
    OTHER("PATELLA*", "knee"),    OTHER("LEG", "leg"),             OTHER("LEGS", "leg"),
    OTHER("LOWERLEG", "leg"),     OTHER("UNTERSCHENKEL", "leg"),   OTHER("JAMBE*", "leg"),
    OTHER("PIERNA*", "leg"),      OTHER("PERNA*", "leg"),          OTHER("TIBIA*", "leg"),
    OTHER("FIBULA*", "leg"),      OTHER("TIBFIB", "leg"),          OTHER("EXTREMIT*", "limb"),
    OTHER("EXTREMIDAD*", "limb"), OTHER("LIMB", "limb"),           OTHER("LIMBS", "limb"),
    OTHER("ANKLE*", "ankle"),     OTHER("SPRUNGGELENK*", "ankle"), OTHER("CHEVILLE*", "ankle"),
    OTHER("TOBILLO*", "ankle"),   OTHER("TORNOZELO*", "ankle"),    OTHER("CAVIGLIA", "ankle"),
    OTHER("FOOT", "foot"),        OTHER("FEET", "foot"),           OTHER("FUSS", "foot"),
    OTHER("PIEDS", "foot"),       OTHER("CALCANE*", "heel"),       OTHER("TOE", "toe"),
    OTHER("TOES", "toe"),         OTHER("SHOULDER*", "shoulder"),  OTHER("SCHULTER*", "shoulder"),
    OTHER("EPAULE*", "shoulder"), OTHER("HOMBRO*", "shoulder"),    OTHER("OMBRO*", "shoulder"),
    OTHER("SPALLA", "shoulder"),  OTHER("CLAVIC*", "clavicle"),    OTHER("SCAPULA*", "scapula"),
    OTHER("HUMER*", "upper arm"), OTHER("UPPERARM", "upper arm"),  OTHER("OBERARM", "upper arm"),
    OTHER("FOREARM*", "forearm"),
    OTHER("UNTERARM", "forearm"), OTHER("ANTEBRAZO", "forearm"),   OTHER("ELBOW*", "elbow"),
    OTHER("ELLBOGEN*", "elbow"),  OTHER("COUDE*", "elbow"),        OTHER("CODO*", "elbow"),
    OTHER("COTOVELO*", "elbow"),  OTHER("GOMITO", "elbow"),        OTHER("WRIST*", "wrist"),
    OTHER("HANDGELENK*", "wrist"), OTHER("POIGNET*", "wrist"),     OTHER("MUNECA*", "wrist"),
    OTHER("PUNHO*", "wrist"),     OTHER("POLSO", "wrist"),         OTHER("HAND", "hand"),
    OTHER("HANDS", "hand"),       OTHER("HANDE", "hand"),          OTHER("HAENDE", "hand"),
    OTHER("MANO", "hand"),        OTHER("MANOS", "hand"),          OTHER("MAINS", "hand"),
    OTHER("BAN TAY", "hand"),     OTHER("BONE AGE", "hand"),       OTHER("FINGER*", "finger"),
    OTHER("THUMB*", "thumb"),     OTHER("BREAST*", "breast"),      OTHER("MAMMO*", "breast"),
    OTHER("DENTAL", "teeth"),     OTHER("TEETH", "teeth"),         OTHER("MANDIBLE", "jaw"),
    OTHER("MAXILLA", "jaw"),      OTHER("SINUS*", "sinuses"),      OTHER("ORBIT*", "orbit"),
    /* Words with another meaning in a description: a view ("face"), a posture ("en pie"), a machine
     * ("C-arm"). */
    PART("RHIP", "hip"),          PART("LHIP", "hip"),             PART("RKNEE", "knee"),
    PART("LKNEE", "knee"),
    PART("ARM", "arm"),           PART("UPPER ARM", "arm"),
    PART("FACE", "face"),         PART("FACIAL", "face"),          PART("MAIN", "hand"),
    PART("PIED", "foot"),         PART("PIE", "foot"),             PART("HEEL", "heel"),
    PART("RADIUS", "forearm"),    PART("ULNA", "forearm"),         PART("JAW", "jaw"),
    PART("NOSE", "face"),         PART("NASAL", "face"),           PART("ZYGOMA", "face"),
    PART("TMJ*", "jaw"),          PART("ACJOINT", "shoulder"),     PART("SCJOINT", "clavicle"),
    PART("SELLA*", "skull"),      PART("MASTOID*", "skull"),       PART("EYE", "eye"),
    PART("HEART", "heart"),       PART("BRAIN", "brain"),          PART("FOREFOOT", "foot"),
    PART("29836001", "hip"),      PART("24136001", "hip"),         PART("T 15710", "hip"),
    PART("71341001", "femur"),    PART("T 12710", "femur"),        PART("68367000", "thigh"),
    PART("T D9100", "thigh"),     PART("72696002", "knee"),        PART("T D9200", "knee"),
    PART("64234005", "knee"),     PART("30021000", "leg"),         PART("T D9400", "leg"),
    PART("12611008", "leg"),      PART("87342007", "leg"),         PART("61685007", "leg"),
    PART("66019005", "limb"),     PART("53120007", "limb"),        PART("70258002", "ankle"),
    PART("T 15750", "ankle"),     PART("56459004", "foot"),        PART("T D9700", "foot"),
    PART("80144004", "heel"),     PART("29707007", "toe"),         PART("16982005", "shoulder"),
    PART("T D2220", "shoulder"),  PART("51299004", "clavicle"),    PART("79601000", "scapula"),
    PART("85050009", "upper arm"), PART("40983000", "upper arm"),  PART("14975008", "forearm"),
    PART("16953009", "elbow"),    PART("T 15430", "elbow"),        PART("74670003", "wrist"),
    PART("T 15460", "wrist"),     PART("85562004", "hand"),        PART("T D8700", "hand"),
    PART("7569003", "finger"),    PART("76505004", "thumb"),       PART("76752008", "breast"),
    PART("T 04000", "breast"),    PART("91609006", "jaw"),         PART("70925003", "jaw"),

    VIEW("MLO", "a mammogram"),   VIEW("CC", "a mammogram"),       VIEW("XCCL", "a mammogram"),
    VIEW("WATERS", "skull"),      VIEW("TOWNE*", "skull"),         VIEW("CALDWELL", "skull"),
    VIEW("SUNRISE", "knee"),      VIEW("SKYLINE", "knee"),         VIEW("MERCHANT", "knee"),
    VIEW("MORTISE", "ankle"),     VIEW("FROGLEG*", "hip"),         VIEW("LORDOTIC", "chest"),
};
/* clang-format on */

const sx_film_rules sx_film_rules_builtin = { rules, sizeof rules / sizeof *rules };
