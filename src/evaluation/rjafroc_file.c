#include "evaluation/rjafroc_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/writer.h"
#include "base/zip_writer.h"
#include "metrics/box_errors.h"

/* ---- the workbook (ECMA-376, parts 1 and 2) ---- */

#define HEAD       "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define MAIN       "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define RELATIONS  "http://schemas.openxmlformats.org/package/2006/relationships"
#define OFFICE     "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define SHEET_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml."

static const char content_types[] = HEAD
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
    "<Default Extension=\"rels\" "
    "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" SHEET_TYPE "sheet.main+xml\"/>"
    "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"" SHEET_TYPE "worksheet+xml\"/>"
    "<Override PartName=\"/xl/worksheets/sheet2.xml\" ContentType=\"" SHEET_TYPE "worksheet+xml\"/>"
    "<Override PartName=\"/xl/worksheets/sheet3.xml\" ContentType=\"" SHEET_TYPE
    "worksheet+xml\"/></Types>";
static const char root_relations[] =
    HEAD "<Relationships xmlns=\"" RELATIONS "\"><Relationship Id=\"rId1\" Type=\"" OFFICE
         "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
static const char workbook[] =
    HEAD "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" OFFICE "\"><sheets>"
         "<sheet name=\"NL\" sheetId=\"1\" r:id=\"rId1\"/>"
         "<sheet name=\"LL\" sheetId=\"2\" r:id=\"rId2\"/>"
         "<sheet name=\"TRUTH\" sheetId=\"3\" r:id=\"rId3\"/></sheets></workbook>";
static const char workbook_relations[] =
    HEAD "<Relationships xmlns=\"" RELATIONS "\">"
         "<Relationship Id=\"rId1\" Type=\"" OFFICE "/worksheet\" "
         "Target=\"worksheets/sheet1.xml\"/>"
         "<Relationship Id=\"rId2\" Type=\"" OFFICE "/worksheet\" "
         "Target=\"worksheets/sheet2.xml\"/>"
         "<Relationship Id=\"rId3\" Type=\"" OFFICE "/worksheet\" "
         "Target=\"worksheets/sheet3.xml\"/></Relationships>";

/* Rows and cells are numbered from 1; a column is a letter. */
typedef struct sheet {
    sx_str xml;
    size_t row;
    int column;
} sheet;

static void begin_row(sheet *s) {
    sx_str_printf(&s->xml, "<row r=\"%zu\">", ++s->row);
    s->column = 0;
}

static void end_row(sheet *s) {
    sx_str_add(&s->xml, "</row>\n");
}

static void put_number(sheet *s, double v) {
    sx_str_printf(&s->xml, "<c r=\"%c%zu\"><v>%.17g</v></c>", 'A' + s->column++, s->row, v);
}

static void put_text(sheet *s, const char *text) {
    sx_str_printf(&s->xml, "<c r=\"%c%zu\" t=\"inlineStr\"><is><t>%s</t></is></c>",
                  'A' + s->column++, s->row, text);
}

static void begin_sheet(sheet *s, const char *const *heads, size_t count) {
    sx_str_add(&s->xml, HEAD "<worksheet xmlns=\"" MAIN "\"><sheetData>");
    begin_row(s);
    for (size_t i = 0; i < count; i++)
        put_text(s, heads[i]);
    end_row(s);
}

static void end_sheet(sheet *s) {
    sx_str_add(&s->xml, "</sheetData></worksheet>");
}

/* ---- truth ---- */

/* lesion_ids: [box_count] of each true box on its film, from 1. */
static void number_lesions(const sx_truth *t, uint32_t *counts, uint32_t *ids) {
    for (size_t i = 0; i < t->box_count; i++)
        ids[i] = t->boxes[i].crowd ? 0 : ++counts[t->boxes[i].film];
}

/* The first two rows say what the data are: free response, every reader read every case. */
static void put_truth(const sx_eval_input *in, const uint32_t *counts, sheet *s) {
    static const char *const heads[] = { "CaseID",   "LesionID",   "Weight",
                                         "ReaderID", "ModalityID", "Paradigm" };
    static const char *const paradigm[] = { "FROC", "FCTRL" };
    sx_str modalities = { 0 };
    size_t row = 0;
    for (size_t m = 0; m < in->prediction_count; m++)
        sx_str_printf(&modalities, "%s%zu", m ? "," : "", m + 1);
    begin_sheet(s, heads, 6);
    for (size_t f = 0; f < in->truth->films.count; f++)
        for (uint32_t k = counts[f] ? 1 : 0; k <= counts[f]; k++, row++) {
            begin_row(s);
            put_number(s, (double)f + 1);
            put_number(s, k);
            put_number(s, 0); /* equal weights */
            put_text(s, "1");
            put_text(s, sx_str_text(&modalities));
            if (row < 2) put_text(s, paradigm[row]);
            end_row(s);
        }
    end_sheet(s);
    s->xml.failed = s->xml.failed || modalities.failed;
    sx_str_free(&modalities);
}

/* ---- marks ---- */

static void begin_mark(sheet *s, size_t modality, uint32_t film) {
    char text[24];
    snprintf(text, sizeof text, "%zu", modality + 1);
    begin_row(s);
    put_text(s, "1");
    put_text(s, text);
    put_number(s, (double)film + 1);
}

static bool put_marks(const sx_eval_input *in, size_t m, double iou, const uint32_t *ids, sheet *nl,
                      sheet *ll, sx_error *err) {
    const sx_truth *t = in->truth;
    const sx_predictions *p = &in->predictions[m];
    const sx_boxes b = { t->boxes,     t->box_count,   p->boxes,
                         p->box_count, t->films.count, (int)t->class_names.count };
    double *thresholds =
        sx_calloc_for(t->class_names.count + 1, sizeof *thresholds, "classes", err);
    sx_box_errors kinds = { 0 };
    if (!p->has_boxes) sx_fail(err, SX_ERR_MISSING, "%s: has no boxes", p->path);
    for (size_t c = 0; thresholds && c < t->class_names.count; c++)
        thresholds[c] = -INFINITY;
    const bool ok = thresholds && p->has_boxes &&
                    sx_box_errors_of(&b, thresholds, iou, fmin(iou, 0.1), &kinds, err);
    for (size_t i = 0; ok && i < p->box_count; i++) {
        if (kinds.found_kinds[i] == SX_BOX_IGNORED) continue;
        const bool hit = kinds.lesions[i] != UINT32_MAX;
        sheet *to = hit ? ll : nl;
        begin_mark(to, m, p->boxes[i].film);
        if (hit) put_number(to, ids[kinds.lesions[i]]);
        put_number(to, p->boxes[i].score);
        end_row(to);
    }
    sx_box_errors_free(&kinds);
    free(thresholds);
    return ok;
}

static bool put_sheets(const sx_eval_input *in, double iou, sheet sheets[3], sx_error *err) {
    static const char *const heads[] = { "ReaderID", "ModalityID", "CaseID", "LesionID",
                                         "LL_Rating" };
    static const char *const nl_heads[] = { "ReaderID", "ModalityID", "CaseID", "NL_Rating" };
    const sx_truth *t = in->truth;
    uint32_t *counts = sx_calloc_for(t->films.count + 1, sizeof *counts, "films", err);
    uint32_t *ids = sx_calloc_for(t->box_count + 1, sizeof *ids, "boxes", err);
    bool ok = counts && ids;
    if (ok) number_lesions(t, counts, ids);
    begin_sheet(&sheets[0], nl_heads, 4);
    begin_sheet(&sheets[1], heads, 5);
    for (size_t m = 0; ok && m < in->prediction_count; m++)
        ok = put_marks(in, m, iou, ids, &sheets[0], &sheets[1], err);
    end_sheet(&sheets[0]);
    end_sheet(&sheets[1]);
    if (ok) put_truth(in, counts, &sheets[2]);
    free(counts);
    free(ids);
    for (int i = 0; i < 3; i++)
        ok = ok && sx_str_ok(&sheets[i].xml, err);
    return ok;
}

bool sx_rjafroc_write(const sx_eval_input *in, double iou, const char *path, sx_error *err) {
    static const char *const names[3] = { "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml",
                                          "xl/worksheets/sheet3.xml" };
    sheet sheets[3] = { { .row = 0 }, { .row = 0 }, { .row = 0 } };
    sx_zip z = { 0 };
    bool ok = put_sheets(in, iou, sheets, err);
    if (ok) {
        sx_zip_add(&z, "[Content_Types].xml", content_types, sizeof content_types - 1);
        sx_zip_add(&z, "_rels/.rels", root_relations, sizeof root_relations - 1);
        sx_zip_add(&z, "xl/workbook.xml", workbook, sizeof workbook - 1);
        sx_zip_add(&z, "xl/_rels/workbook.xml.rels", workbook_relations,
                   sizeof workbook_relations - 1);
        for (int i = 0; i < 3; i++)
            sx_zip_add(&z, names[i], sheets[i].xml.data, sheets[i].xml.len);
        ok = sx_zip_end(&z, err) && sx_write_file(path, z.bytes.data, z.bytes.len, err);
    }
    sx_zip_free(&z);
    for (int i = 0; i < 3; i++)
        sx_str_free(&sheets[i].xml);
    return ok;
}
