// The definitions of text/ for the target aisle::compiled.
#include <aisle/text/added_tokens.ipp>
#include <aisle/text/detail/openai_protocol.ipp>
#include <aisle/text/detail/openai_texts.ipp>
#include <aisle/text/detail/vocabulary.ipp>
#include <aisle/text/html.ipp>
#include <aisle/text/normalizer.ipp>
#include <aisle/text/openai_embeddings.ipp>
#include <aisle/text/tokenizer_files.ipp>
#include <aisle/text/pooling.ipp>
#include <aisle/text/sentence_model.ipp>
#include <aisle/text/tfidf.ipp>
#include <aisle/text/unicode.ipp>
#include <aisle/text/unicode_fold.ipp>
#include <aisle/text/wordpiece.ipp>
#include <aisle/text/wordpiece_spans.ipp>
#include <aisle/text/wordpiece_vocabulary.ipp>
#include <aisle/text/text_encoder.ipp>
